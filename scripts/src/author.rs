//! What an author does: publish modules, set their royalties, and take what deals that run them owe.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result};
use contracts::{IModules, IRedemption};
use serde::Serialize;

use crate::amount::Usd;
use crate::chain::{Context, Sent};
use crate::ids::DealId;
use crate::provider;
use crate::revert::Refusal;
use crate::time::timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    pub module: B256,
    pub author: Address,
    /// Per unit-day, on top of the offer's price.
    pub royalty: Usd,
    pub uri: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoyaltySet {
    pub module: B256,
    pub royalty: Usd,
    /// In force from then on, for new deals.
    pub effective_at: String,
}

/// What one deal paid an author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Royalties {
    pub deal: DealId,
    pub royalties: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earned {
    pub author: Address,
    pub recipient: Address,
    /// What became credits now, of deals whose royalties waited for their authors.
    pub paid: Vec<Royalties>,
    /// Royalties since the beginning.
    pub earned: Usd,
    /// What was taken out, whatever it was credited for.
    pub claimed: Usd,
}

/// The name of a module: its hash as it is, or that of a file's content.
pub fn module_of(file_or_hash: &str) -> Result<B256> {
    if let Some(digits) = file_or_hash.strip_prefix("0x")
        && digits.len() == 2 * size_of::<B256>()
    {
        return file_or_hash.parse().with_context(|| format!("`{file_or_hash}` is not a hash: a digit is mistyped"));
    }
    match fs::read(file_or_hash) {
        Ok(content) => Ok(keccak256(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("`{file_or_hash}` is neither a file nor 0x and 64 hexadecimal digits"))
        }
        Err(error) => Err(error).with_context(|| format!("reading the module {file_or_hash}")),
    }
}

/// Whoever publishes first is the author, so the signer itself is; keys act for nobody here.
pub async fn publish(context: &Context, module: B256, royalty: u128, uri: &str) -> Result<Published> {
    let call = IModules::publishCall { module, royalty: per_unit_day(royalty)?, uri: uri.to_owned() };
    let published: IModules::ModulePublished = context.send(context.at().modules, call).await?.event()?;
    let (author, royalty) = (published.author, context.usd(published.royalty.to()));
    Ok(Published { module, author, royalty, uri: published.uri })
}

/// Deals that were opened before keep what they were opened with.
pub async fn set_royalty(context: &Context, module: B256, royalty: u128) -> Result<RoyaltySet> {
    let call = IModules::setRoyaltyCall { module, royalty: per_unit_day(royalty)? };
    let set: IModules::ModuleRoyaltySet = context.send(context.at().modules, call).await?.event()?;
    let royalty = context.usd(set.royalty.to());
    Ok(RoyaltySet { module, royalty, effective_at: timestamp(set.effectiveAt.to()) })
}

/// Shares out what deals owe their authors, this one among them, and takes the account's credit.
pub async fn claim(context: &Context, recipient: Address) -> Result<Earned> {
    let author = context.account()?;
    let before = earned(context, author).await?;
    let mut paid = Vec::new();
    let mut now = 0_u128;
    for deal in deals_of(context, author).await? {
        if let Some(sent) = pay(context, deal).await? {
            let royalties = of_author(&sent, author);
            now = now.checked_add(royalties).context("more royalties than there is money")?;
            paid.push(Royalties { deal, royalties: context.usd(royalties) });
        }
    }
    let claimed = provider::claim_credit(context, recipient).await?;
    let earned = before.checked_add(now).context("more royalties than there is money")?;
    Ok(Earned { author, recipient, paid, earned: context.usd(earned), claimed })
}

/// Shares out the royalties of a deal. None: nothing waits for its authors, or only what no share of is a whole unit.
pub async fn pay(context: &Context, deal: DealId) -> Result<Option<Sent>> {
    let due = IRedemption::royaltyDueCall { deal: deal.0 };
    if context.view(context.at().deals, due).await? == 0 {
        return Ok(None);
    }
    match context.send(context.at().modules, IModules::payCall { deal: deal.0 }).await {
        Ok(sent) => Ok(Some(sent)),
        // Somebody else was faster, which is as good.
        Err(error) if is_nothing_due(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_nothing_due(error: &anyhow::Error) -> bool {
    let refusal = error.chain().find_map(|cause| cause.downcast_ref::<Refusal>());
    refusal.is_some_and(|refusal| refusal.name == "NothingDue")
}

fn of_author(sent: &Sent, author: Address) -> u128 {
    let credited = sent.events::<IRedemption::RoyaltyCredited>();
    credited.iter().filter(|credited| credited.author == author).map(|credited| credited.amount).sum()
}

/// Deals that name a module of this author.
async fn deals_of(context: &Context, author: Address) -> Result<BTreeSet<DealId>> {
    let filter = Filter::new().address(context.at().modules).event_signature(IModules::ModuleNamed::SIGNATURE_HASH);
    let named = context.all_logs(&filter.topic3(author.into_word())).await?;
    let deal = |word: &B256| u64::try_from(U256::from_be_bytes(word.0)).map(DealId).context("a deal's number");
    named.iter().filter_map(|log| log.topics().get(1)).map(deal).collect()
}

/// Royalties that became credits of this author, since the beginning.
async fn earned(context: &Context, author: Address) -> Result<u128> {
    let filter = Filter::new().address(context.at().deals);
    let filter = filter.event_signature(IRedemption::RoyaltyCredited::SIGNATURE_HASH).topic2(author.into_word());
    context.all_logs(&filter).await?.iter().try_fold(0_u128, |sum, log| {
        let credited = IRedemption::RoyaltyCredited::decode_log(&log.inner)?;
        sum.checked_add(credited.amount).context("more royalties than there is money")
    })
}

fn per_unit_day(royalty: u128) -> Result<U96> {
    U96::try_from(royalty).context("a royalty has at most 96 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_by_its_content_or_its_hash() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("module.wasm");
        fs::write(&path, b"\0asm")?;
        let path = path.to_str().context("a path in UTF-8")?;
        let hash = keccak256(b"\0asm");
        assert_eq!(module_of(path)?, hash);
        assert_eq!(module_of(&hash.to_string())?, hash);
        let mistyped = format!("0xg{}", &hash.to_string()[3..]);
        for wrong in ["0x1234", "nowhere.wasm", mistyped.as_str()] {
            assert!(module_of(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }
}
