//! How a provider is paid for metered usage: it asks gateways for vouchers, keeps them, and redeems them.

use std::time::Duration;

use alloy::primitives::Address;
use anyhow::{Result, anyhow, ensure};
use contracts::{Ledger, Vouchers};

use super::Client;
use super::books::Book;
use super::invoke::{Hosting, Registry};
use crate::chain::Context;
use crate::prober::statement::Target;
use crate::revert::Refusal;
use crate::usage::{Claim, Signed};
use crate::voucher;

/// Longest answer to a claim that is read.
const SIGNED_BYTES: usize = 4_096;

impl Registry for Context {
    async fn signs(&self, customer: Address, gateway: Address) -> Result<bool> {
        let call = Vouchers::gatewayOfCall { customer, gateway };
        let known = self.view(self.at().vouchers, call).await?;
        Ok(!known.dailyCap.is_zero() && known.revokedAt.is_zero())
    }
}

/// Asks `gateway` for a voucher over everything in the book, and keeps it. None: there is nothing to sign for.
pub async fn collect<R: Registry + 'static>(
    hosting: &Hosting<R>,
    book: &Book,
    customer: Address,
    gateway: &str,
) -> Result<Option<Signed>> {
    let Some(claim) = book.claim() else { return Ok(None) };
    let signed = ask(gateway, &claim).await.map_err(|reason| anyhow!("the gateway at {gateway}: {reason}"))?;
    let who = signed.gateway;
    ensure!(hosting.signs(customer, who).await?, "{who} is no gateway of {customer}");
    book.keep(hosting.books().domain(), signed.clone()).await?;
    Ok(Some(signed))
}

/// Collects from the first of `gateways` that signs, and redeems what was collected, also before a restart.
pub async fn round(
    context: &Context,
    hosting: &Hosting<Context>,
    book: &Book,
    customer: Address,
    gateways: &[String],
) -> Result<()> {
    let mut reasons = Vec::new();
    for gateway in gateways {
        match collect(hosting, book, customer, gateway).await {
            Ok(_) => {
                reasons.clear();
                break;
            }
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    if let Some(signed) = book.redeemable() {
        let Target { deal, slot, serving } = signed.target;
        let call = Ledger::redeemedOfCall { deal: deal.0, slot, serving };
        if context.view(context.at().deals, call).await? < signed.amount {
            match redeem(context, customer, &signed).await {
                Ok(paid) => {
                    let (paid, invocations) = (context.usd(paid), signed.invocations);
                    tracing::info!("deal {deal}, slot {slot}: {paid} for {invocations} invocations");
                }
                Err(error) if is_over(&error) => tracing::warn!("deal {deal}, slot {slot}: {error:#}"),
                Err(error) => return Err(error),
            }
        }
        book.redeemed(&signed);
    }
    ensure!(reasons.is_empty(), "{}", reasons.join("; "));
    Ok(())
}

/// Whether a voucher cannot be redeemed any more, however often it is tried.
fn is_over(error: &anyhow::Error) -> bool {
    let refusal = error.chain().find_map(|cause| cause.downcast_ref::<Refusal>());
    refusal.is_some_and(|refusal| ["RedemptionOver", "RedeemedAlready"].contains(&refusal.name.as_str()))
}

async fn ask(gateway: &str, claim: &Claim) -> Result<Signed, String> {
    let client = Client::new(Duration::from_secs(30)).map_err(|error| error.to_string())?;
    let url = format!("{}/v1/vouchers", gateway.trim_end_matches('/'));
    client.post(&url, claim, SIGNED_BYTES).await
}

/// Redeems a voucher on chain: the amount that was paid for it now.
pub async fn redeem(context: &Context, customer: Address, signed: &Signed) -> Result<u128> {
    let voucher = voucher::written(&signed.voucher())?;
    let (gateway, signature) = (signed.gateway, signed.signature.clone());
    let call = Vouchers::redeemCall { voucher, customer, gateway, signature };
    let sent = context.send(context.at().vouchers, call).await?;
    let paid = sent.events::<Vouchers::VoucherRedeemed>().iter().map(|event| event.amount).sum();
    Ok(paid)
}
