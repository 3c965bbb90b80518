//! How a provider is paid for metered usage: it asks gateways for vouchers, keeps them, and redeems them.

use std::collections::BTreeSet;

use alloy::primitives::Address;
use anyhow::{Context as _, Result, bail, ensure};
use contracts::{Ledger, Vouchers};

use super::books::Book;
use super::invoke::{Hosting, Registry};
use super::{Client, Unanswered};
use crate::chain::Context;
use crate::prober::statement::Target;
use crate::revert::refusal;
use crate::usage::ends::REDEMPTION;
use crate::usage::{Claim, Signed, target_of};
use crate::voucher;

/// Longest answer to a claim that is read.
const SIGNED_BYTES: usize = 4_096;

impl Registry for Context {
    async fn signs(&self, customer: Address, gateway: Address, until: u64, now: u64) -> Result<bool> {
        let call = Vouchers::gatewayOfCall { customer, gateway };
        let known = self.view(self.at().vouchers, call).await?;
        let revoked_at = (!known.revokedAt.is_zero()).then(|| known.revokedAt.to());
        Ok(is_heard(!known.dailyCap.is_zero(), revoked_at, until, now))
    }
}

/// Whether a gateway's word for usage until then is paid `now`, as `Vouchers` has it: after its revocation, for a day, what was used
/// before.
fn is_heard(has_cap: bool, revoked_at: Option<u64>, until: u64, now: u64) -> bool {
    revoked_at.map_or(has_cap, |revoked| until <= revoked && now <= revoked + REDEMPTION)
}

/// The gateways of a customer in one round.
///
/// 1. Who did not answer once is not asked again: a gateway that hangs costs a round one wait, however many servings are in it.
#[derive(Debug)]
pub struct Asking {
    customer: Address,
    gateways: Vec<String>,
    client: Client,
    silent: BTreeSet<String>,
}

impl Asking {
    /// The client says how long each answer is waited for.
    pub fn new(customer: Address, gateways: Vec<String>, client: Client) -> Self {
        Self { customer, gateways, client, silent: BTreeSet::new() }
    }

    /// Asks for a voucher over what was used, from the first gateway that signs; whether a new one was kept. `end` is when the serving
    /// ends or ended, as of `now`.
    pub async fn collect<R: Registry + 'static>(
        &mut self,
        hosting: &Hosting<R>,
        book: &Book,
        times: (Option<u64>, u64),
    ) -> Result<bool> {
        let Some(claim) = book.claim(times.0) else { return Ok(false) };
        ensure!(!self.gateways.is_empty(), "no gateway of {} is named: what he uses is not paid", self.customer);
        let mut reasons = Vec::new();
        for gateway in &self.gateways {
            if self.silent.contains(gateway) {
                reasons.push(format!(
                    "the gateway at {gateway} did not answer before, and is asked again in the next round"
                ));
                continue;
            }
            match self.collect_of(gateway, hosting, book, &claim, times).await {
                Ok(is_new) => return Ok(is_new),
                Err(error) => {
                    reasons.push(format!("{error:#}"));
                    if error.downcast_ref().is_some_and(Unanswered::is_silence) {
                        self.silent.insert(gateway.clone());
                    }
                }
            }
        }
        bail!("{}", reasons.join("; "))
    }

    /// Keeps what this gateway signs. An error where it is for less than it could be at `now`.
    async fn collect_of<R: Registry + 'static>(
        &self,
        gateway: &str,
        hosting: &Hosting<R>,
        book: &Book,
        claim: &Claim,
        (end, now): (Option<u64>, u64),
    ) -> Result<bool> {
        let at = || format!("the gateway at {gateway}");
        let url = format!("{}/v1/vouchers", gateway.trim_end_matches('/'));
        let signed: Signed = self.client.post(&url, claim, SIGNED_BYTES).await.with_context(at)?;
        let (who, customer) = (signed.gateway, self.customer);
        let (until, domain) = (signed.until, hosting.books().domain());
        let is_heard = hosting.signs(customer, who, until, now).await?;
        ensure!(is_heard, "{who} is no gateway of {customer} for usage until {until}");
        let is_new = book.keep(domain, signed.clone(), end).await?;
        book.answered(claim, &signed, end, now).with_context(at)?;
        Ok(is_new)
    }
}

/// What came of redeeming.
#[derive(Debug, Clone, Copy)]
pub struct Paid {
    pub has_paid: bool,
    /// Nothing is left to be redeemed later.
    pub is_done: bool,
}

/// Redeems what was collected, also before a restart.
pub async fn redeem_rest(context: &Context, book: &Book, customer: Address, end: Option<u64>) -> Result<Paid> {
    let Some(signed) = book.redeemable(end) else { return Ok(Paid { has_paid: false, is_done: true }) };
    let paid = pay(context, book, customer, &signed).await?;
    if paid.is_done {
        book.redeemed(&signed);
    }
    Ok(paid)
}

/// Says what of a serving that is paid no more was used and not paid: what nobody signed for, and what was signed for in vain.
pub async fn write_off(context: &Context, book: &Book, end: Option<u64>) -> Result<()> {
    let target @ Target { deal, slot, serving } = target_of(book.serving());
    let (unsigned, unredeemed) = book.unpaid(end, redeemed_of(context, target).await?);
    if unsigned + unredeemed > 0 {
        let (unsigned, unredeemed) = (context.usd(unsigned), context.usd(unredeemed));
        tracing::warn!(
            "serving {serving} of slot {slot} of deal {deal} is paid no more: nobody signed for {unsigned} of its usage, and \
             {unredeemed} that was signed for was not redeemed"
        );
    }
    Ok(())
}

async fn redeemed_of(context: &Context, target: Target) -> Result<u128> {
    let call = Ledger::redeemedOfCall { deal: target.deal.0, slot: target.slot, serving: target.serving };
    context.view(context.at().deals, call).await
}

/// Redeems what can be of a voucher now. Done is also what can never be redeemed.
async fn pay(context: &Context, book: &Book, customer: Address, signed: &Signed) -> Result<Paid> {
    let Target { deal, slot, .. } = signed.target;
    let is_paid = async || {
        let redeemed = redeemed_of(context, signed.target).await?;
        book.paid(redeemed);
        anyhow::Ok(redeemed >= signed.amount)
    };
    if is_paid().await? {
        return Ok(Paid { has_paid: false, is_done: true });
    }
    match redeem(context, customer, signed).await {
        Ok(units) => {
            let (paid, invocations) = (context.usd(units), signed.invocations);
            tracing::info!("deal {deal}, slot {slot}: {paid} for {invocations} invocations");
            Ok(Paid { has_paid: units > 0, is_done: is_paid().await? })
        }
        Err(error) if is_one_of(&error, &OVER) => {
            tracing::warn!("deal {deal}, slot {slot}: {error:#}");
            Ok(Paid { has_paid: false, is_done: true })
        }
        Err(error) if is_one_of(&error, &LATER) => {
            tracing::info!("deal {deal}, slot {slot}: what is left of a voucher waits: {error:#}");
            Ok(Paid { has_paid: false, is_done: false })
        }
        Err(error) => Err(error),
    }
}

/// A voucher that is refused so cannot be redeemed any more, however often it is tried.
const OVER: [&str; 3] = ["RedemptionOver", "RedeemedAlready", "GatewayRevoked"];

/// Tomorrow, or when somebody pays in; and where the end of the serving has moved back meanwhile, the next round asks for a voucher
/// for what was used before it.
const LATER: [&str; 3] = ["CapReached", "EscrowUsedUp", "UsageTooLate"];

fn is_one_of(error: &anyhow::Error, names: &[&str]) -> bool {
    refusal(error).is_some_and(|refusal| names.contains(&refusal.name.as_str()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_before_a_revocation_is_kept_for_a_day() {
        let heard = |until, now| is_heard(true, Some(1_000), until, now);
        assert!(heard(1_000, 1_001) && heard(900, 1_000 + REDEMPTION));
        assert!(!heard(1_001, 1_001) && !heard(1_000, 1_001 + REDEMPTION));
        assert!(is_heard(true, None, 2_000, 2_000) && !is_heard(false, None, 2_000, 2_000));
    }
}
