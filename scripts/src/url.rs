//! Addresses of nodes as they may be shown: the key that many carry in path, query or user is left out.

/// Characters that end a sentence or a bracket around an address rather than the address.
const CLOSING: [char; 8] = [')', ']', '"', '\'', '`', ',', ':', '.'];

/// `text` with every address in it cut down to scheme, host and port.
pub fn without_keys(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (address, behind) = after.split_at(end);
        let closing = &address[address.trim_end_matches(CLOSING).len()..];
        let host = address[..address.len() - closing.len()].split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        shown.extend([before, "://", host, closing]);
        rest = behind;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scheme_host_and_port_are_left() {
        for (text, shown) in [
            ("https://node.example/v3/KEY", "https://node.example"),
            ("wss://me:KEY@node.example:8546?key=KEY", "wss://node.example:8546"),
            ("for url (http://127.0.0.1:1/KEY): refused", "for url (http://127.0.0.1:1): refused"),
            ("http://a/KEY (no), ws://b#KEY (no)", "http://a (no), ws://b (no)"),
            ("http://[::1]:8545 and nothing else", "http://[::1]:8545 and nothing else"),
            ("no address", "no address"),
        ] {
            assert_eq!(without_keys(text), shown);
        }
    }

    proptest! {
        #[test]
        fn no_key_survives(key in "[a-zA-Z0-9_-]{1,20}/?[a-z]{0,9}", before in "\\PC{0,9}", after in "( \\PC{0,9})?") {
            let shown = without_keys(&format!("{before} https://h:1/{key}{after}"));
            prop_assert_eq!(shown, without_keys(&before) + " https://h:1" + &without_keys(&after));
        }
    }
}
