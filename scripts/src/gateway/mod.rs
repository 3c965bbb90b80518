//! A customer's gateway: forwards invocations to the providers of its metered deals, measures them itself, and signs vouchers for no
//! more than it measured.
//!
//! One gateway stands before a serving: what went past it, it did not measure, and does not sign. Whoever reaches it spends the
//! customer's money, so it listens to its own machine unless it is told otherwise; claims of providers have an address of their own.

pub mod book;
mod check;
pub mod desk;
pub mod judge;
pub mod run;

use alloy::primitives::Address;
use anyhow::{Context as _, Result};
use contracts::Vouchers;
use serde::Serialize;

use crate::amount::Usd;
use crate::chain::Context;

/// What an address may sign for a customer.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    pub customer: Address,
    pub gateway: Address,
    pub daily_cap: Usd,
    /// Of today, what it may still sign.
    pub allowance: Usd,
    /// Seconds; zero: it is not.
    pub revoked_at: u64,
}

/// Registers a gateway of the context's account, or changes its cap a day.
pub async fn set(context: &Context, gateway: Address, daily_cap: u128) -> Result<Shown> {
    let customer = context.account()?;
    let cap = daily_cap.try_into().ok().context("a cap has at most 96 bits")?;
    context.send(context.at().vouchers, Vouchers::setGatewayCall { customer, gateway, dailyCap: cap }).await?;
    show(context, gateway).await
}

/// What it signed before may be redeemed for 24 hours.
pub async fn revoke(context: &Context, gateway: Address) -> Result<Shown> {
    let customer = context.account()?;
    context.send(context.at().vouchers, Vouchers::revokeGatewayCall { customer, gateway }).await?;
    show(context, gateway).await
}

pub async fn show(context: &Context, gateway: Address) -> Result<Shown> {
    let (customer, vouchers) = (context.account()?, context.at().vouchers);
    let known = context.view(vouchers, Vouchers::gatewayOfCall { customer, gateway }).await?;
    let allowance = context.view(vouchers, Vouchers::allowanceOfCall { customer, gateway }).await?;
    let (daily_cap, allowance) = (context.usd(known.dailyCap.to()), context.usd(allowance.to()));
    Ok(Shown { customer, gateway, daily_cap, allowance, revoked_at: known.revokedAt.to() })
}
