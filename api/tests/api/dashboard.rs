//! The dashboard as a browser is served it.

use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, HeaderName, IF_NONE_MATCH};
use sqlx::PgPool;

use crate::server::Server;

fn header(reply: &reqwest::Response, name: HeaderName) -> &str {
    reply.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Paths that the page names, without the dot in front.
fn assets(page: &str) -> Vec<&str> {
    page.split('"').filter_map(|part| part.strip_prefix('.')).filter(|path| path.starts_with("/assets/")).collect()
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn the_dashboard_comes_from_this_server_alone(db: PgPool) {
    let server = Server::start(&db).await;
    let reply = server.get("/").await;
    let policy = header(&reply, CONTENT_SECURITY_POLICY).to_owned();
    assert!(policy.starts_with("default-src 'self';") && !policy.contains("http"), "{policy}");
    assert_eq!(header(&reply, CACHE_CONTROL), "no-cache");
    let tag = header(&reply, ETAG).to_owned();
    let page = reply.text().await.expect("a page");
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");

    let again = server.client.get(&server.url).header(IF_NONE_MATCH, &tag).send().await.expect("a reply");
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(assets(&page).len(), 2, "code and style: {page}");
    for path in assets(&page) {
        let reply = server.client.get(format!("{}{path}", server.url)).header("accept-encoding", "gzip").send();
        let reply = reply.await.expect("a reply");
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(header(&reply, CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(header(&reply, CONTENT_ENCODING), "gzip");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../indexer/migrations", fixtures("story"))]
async fn what_the_dashboard_does_not_have_is_not_found(db: PgPool) {
    let server = Server::start(&db).await;
    for path in ["/assets/none.js", "/assets/..%2Findex.html", "/assets/%2e%2e%2f%2e%2e%2fCargo.toml", "/index.html"] {
        assert_eq!(server.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    server.stop().await;
}
