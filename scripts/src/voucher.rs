//! Vouchers as files: whether one is worth what it says, and its redemption by anyone who has it.

use std::fs;
use std::path::Path;

use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::vouchers::IVouchers;
use contracts::{Deals, IRedemption, Vouchers};
use metering::{Refusal, signing::Domain};
use serde::Serialize;

use crate::amount::Usd;
use crate::chain::Context;
use crate::ids::DealId;
use crate::prober::statement::Target;
use crate::time::timestamp;
use crate::usage::Signed;
use crate::workload::collect;

/// Longest voucher that is read: ERC-1271 signatures have any length, within reason.
const FILE_BYTES: u64 = 64 << 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
    pub provider: Address,
    pub customer: Address,
    pub gateway: Address,
    /// Of the serving, from its start.
    pub amount: Usd,
    pub invocations: u64,
    pub from: String,
    pub until: String,
    pub usage_root: B256,
    /// What was paid of the serving.
    pub redeemed: Usd,
    /// What the gateway may still sign today.
    pub allowance: Usd,
    /// By the gateway's key; a contract's signature only the chain can check.
    pub is_signed_by_key: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redeemed {
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
    pub provider: Address,
    /// Now.
    pub paid: Usd,
    /// Of the serving in all.
    pub redeemed: Usd,
    /// What is signed and not paid, because escrow or cap did not suffice.
    pub left: Usd,
}

pub fn read(path: &Path) -> Result<Signed> {
    let name = path.display();
    let length = fs::metadata(path).with_context(|| format!("reading the voucher {name}"))?.len();
    ensure!(length <= FILE_BYTES, "{name} has {length} bytes: a voucher has at most {FILE_BYTES}");
    let text = fs::read_to_string(path).with_context(|| format!("reading the voucher {name}"))?;
    serde_json::from_str(&text).with_context(|| format!("{name} is not a voucher"))
}

pub async fn show(context: &Context, signed: &Signed) -> Result<Shown> {
    let Target { deal, slot, serving } = signed.target;
    let customer = customer_of(context, deal).await?;
    let allowance = Vouchers::allowanceOfCall { customer, gateway: signed.gateway };
    let allowance = context.view(context.at().vouchers, allowance).await?;
    let domain = Domain { chain_id: context.deployment.chain_id, contract: context.at().vouchers };
    let is_signed_by_key = match signed.voucher().check(domain, signed.gateway, &signed.signature) {
        Ok(()) => true,
        Err(Refusal::Signature(_)) => false,
        Err(refusal) => bail!("The voucher is worth nothing: {refusal}"),
    };
    Ok(Shown {
        deal,
        slot,
        serving,
        provider: signed.provider,
        customer,
        gateway: signed.gateway,
        amount: context.usd(signed.amount),
        invocations: signed.invocations,
        from: timestamp(signed.from),
        until: timestamp(signed.until),
        usage_root: signed.usage_root,
        redeemed: context.usd(redeemed(context, signed.target).await?),
        allowance: context.usd(allowance.to()),
        is_signed_by_key,
    })
}

/// Pays the voucher's provider; whoever sends it only pays for the gas.
pub async fn redeem(context: &Context, signed: &Signed) -> Result<Redeemed> {
    let Target { deal, slot, serving } = signed.target;
    let customer = customer_of(context, deal).await?;
    let before = redeemed(context, signed.target).await?;
    let paid = collect::redeem(context, customer, signed).await?;
    let after = before.checked_add(paid).context("more was paid than there is money")?;
    let left = context.usd(signed.amount.saturating_sub(after));
    let (paid, redeemed) = (context.usd(paid), context.usd(after));
    Ok(Redeemed { deal, slot, serving, provider: signed.provider, paid, redeemed, left })
}

/// As the contract takes it.
pub fn written(voucher: &metering::Voucher) -> Result<IVouchers::Voucher> {
    let metering::Voucher { serving, amount, invocations, from, until, usage_root } = *voucher;
    Ok(IVouchers::Voucher {
        deal: serving.deal,
        slot: serving.slot,
        serving: serving.number,
        provider: serving.provider,
        amount,
        invocations,
        from: from.try_into().context("a voucher's times have 40 bits")?,
        until: until.try_into().context("a voucher's times have 40 bits")?,
        usageRoot: usage_root,
    })
}

async fn customer_of(context: &Context, deal: DealId) -> Result<Address> {
    Ok(context.view(context.at().deals, Deals::dealOfCall { deal: deal.0 }).await?.customer)
}

async fn redeemed(context: &Context, target: Target) -> Result<u128> {
    let call = IRedemption::redeemedOfCall { deal: target.deal.0, slot: target.slot, serving: target.serving };
    context.view(context.at().deals, call).await
}
