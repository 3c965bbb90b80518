//! Providers, tranches, positions, exits and locks.

use alloy::primitives::U256;
use anyhow::{Context as _, Result};
use contracts::Staking;

use super::{Audit, address, maybe_address};

impl Audit<'_> {
    pub(super) async fn stake(&mut self) -> Result<()> {
        self.providers().await?;
        self.tranches().await?;
        self.positions().await?;
        self.tickets().await?;
        self.locks().await?;
        self.quarantines().await
    }

    async fn providers(&mut self) -> Result<()> {
        let staking = self.context.at().staking;
        let rows = sqlx::query!(
            r#"
            select
                provider as "provider!: Vec<u8>",
                first_loss_bps as "first_loss_bps!",
                reward_share_bps as "reward_share_bps!",
                revenue_share_bps as "revenue_share_bps!",
                drip_days as "drip_days!",
                delegation_cap::text as "delegation_cap!",
                locked::text as "locked!",
                orphan::text as "orphan!",
                free::text as "free!",
                shortfall::text as "shortfall!"
            from provider_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let provider = address(&row.provider)?;
            let name = format!("provider {provider}");
            let terms = self.view(staking, Staking::termsCall { provider }).await?;
            self.compare(&name, "first_loss_bps", terms.firstLossBps, row.first_loss_bps);
            self.compare(&name, "reward_share_bps", terms.rewardShareBps, row.reward_share_bps);
            self.compare(&name, "revenue_share_bps", terms.revenueShareBps, row.revenue_share_bps);
            self.compare(&name, "drip_days", terms.dripDays, row.drip_days);
            self.compare(&name, "delegation_cap", terms.delegationCap, row.delegation_cap);
            let is_registered = self.view(staking, Staking::isRegisteredCall { provider }).await?;
            self.compare(&name, "is_registered", is_registered, true);
            self.compare(&name, "locked", self.view(staking, Staking::lockedCall { provider }).await?, row.locked);
            self.compare(&name, "orphan", self.view(staking, Staking::orphanCall { provider }).await?, row.orphan);
            self.compare(&name, "free", self.view(staking, Staking::freeCall { provider }).await?, row.free);
        }
        Ok(())
    }

    async fn tranches(&mut self) -> Result<()> {
        let staking = self.context.at().staking;
        let rows = sqlx::query!(
            r#"
            select
                provider as "provider!: Vec<u8>",
                is_own as "is_own!",
                generation as "generation!",
                active::text as "active!",
                shares::text as "shares!",
                thaw_generation as "thaw_generation!",
                thawing::text as "thawing!",
                thaw_units::text as "thaw_units!",
                flt_index_now::text as "flt_index!",
                usd_index_now::text as "usd_index!"
            from tranche_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let (provider, is_own) = (address(&row.provider)?, row.is_own);
            let name = format!("{} tranche of {provider}", if is_own { "own" } else { "delegated" });
            let tranche = self.view(staking, Staking::trancheCall { provider, isOwn: is_own }).await?;
            self.compare(&name, "generation", tranche.generation, row.generation);
            self.compare(&name, "active", tranche.active, row.active);
            self.compare(&name, "shares", tranche.shares, row.shares);
            self.compare(&name, "thaw_generation", tranche.thawGeneration, row.thaw_generation);
            self.compare(&name, "thawing", tranche.thawing, row.thawing);
            self.compare(&name, "thaw_units", tranche.thawUnits, row.thaw_units);
            let index = self.view(staking, Staking::rewardIndexCall { provider, isOwn: is_own }).await?;
            self.compare(&name, "flt_index", index.fltIndex, row.flt_index);
            self.compare(&name, "usd_index", index.usdIndex, row.usd_index);
        }
        Ok(())
    }

    async fn positions(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                provider as "provider!: Vec<u8>",
                account as "account!: Vec<u8>",
                shares::text as "shares!",
                amount::text as "amount!",
                flt_owed::text as "flt_owed!",
                usd_owed::text as "usd_owed!"
            from position_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let (provider, account) = (address(&row.provider)?, address(&row.account)?);
            let name = format!("position of {account} with {provider}");
            let call = Staking::positionCall { provider, account };
            let position = self.view(self.context.at().staking, call).await?;
            self.compare(&name, "shares", position.shares, row.shares);
            self.compare(&name, "amount", position.amount, row.amount);
            self.compare(&name, "flt_owed", position.fltOwed, row.flt_owed);
            self.compare(&name, "usd_owed", position.usdOwed, row.usd_owed);
        }
        Ok(())
    }

    async fn tickets(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                provider as "provider!: Vec<u8>",
                account as "account!: Vec<u8>",
                day as "day!",
                units::text as "units!",
                amount::text as "amount!",
                is_matured as "is_matured!",
                target as "target: Vec<u8>"
            from ticket_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let (provider, account) = (address(&row.provider)?, address(&row.account)?);
            let day = u32::try_from(row.day)?;
            let name = format!("exit of {account} from {provider} on day {day}");
            let call = Staking::ticketCall { provider, account, day };
            let ticket = self.view(self.context.at().staking, call).await?;
            self.compare(&name, "units", ticket.units, &row.units);
            self.compare(&name, "amount", ticket.amount, row.amount);
            if row.units != "0" {
                self.compare(&name, "is_matured", ticket.isMatured, row.is_matured);
                self.compare(&name, "target", ticket.target, maybe_address(row.target.as_deref())?);
            }
        }
        Ok(())
    }

    async fn locks(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                lock as "lock!",
                provider as "provider!: Vec<u8>",
                amount::text as "amount!",
                extract(epoch from ends_at)::bigint as "ends_at!"
            from stake_lock
            where released_at is null
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("lock {}", row.lock);
            let call = Staking::lockOfCall { lock: u64::try_from(row.lock)? };
            let lock = self.view(self.context.at().staking, call).await?;
            self.compare(&name, "provider", lock.provider, address(&row.provider)?);
            self.compare(&name, "amount", lock.amount, row.amount);
            self.compare(&name, "end", lock.end, row.ends_at);
        }
        Ok(())
    }

    /// What was slashed and waits, and that all principal is booked and paid for.
    async fn quarantines(&mut self) -> Result<()> {
        let staking = self.context.at().staking;
        let rows = sqlx::query!(
            r#"select day as "day!", queued::text as "queued!", burned::text as "burned!" from slash_burn"#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let waits: U256 = row.queued.parse::<U256>()? - row.burned.parse::<U256>()?;
            let call = Staking::burnQueuedCall { day: u32::try_from(row.day)? };
            let queued = self.view(staking, call).await?;
            self.compare(&format!("slashed on day {}", row.day), "queued", queued, waits);
        }
        let principal = sqlx::query_scalar!(
            r#"
            select (
                (select coalesce(sum(active + thawing), 0) from tranche)
                + (select coalesce(sum(orphan), 0) from provider)
            )::text as "principal!"
            "#
        );
        let principal: U256 = principal.fetch_one(&self.pool).await?.parse().context("a sum of amounts")?;
        let flt = self.context.at().flt;
        let booked = self.view(staking, Staking::bookedCall { token: flt }).await?;
        self.compare("Staking", "principal is booked", booked >= principal, true);
        let surplus = self.view(staking, Staking::surplusCall { token: flt }).await;
        self.compare("Staking", "booked is held", surplus.is_ok(), true);
        Ok(())
    }
}
