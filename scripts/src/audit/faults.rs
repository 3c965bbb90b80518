//! Who proposes, who probes, what failed: servings that are over, bonds, availability, probers, flags and faults.

use alloy::primitives::U256;
use anyhow::{Context as _, Result};
use contracts::{Deals, Faults, IMatching, IProbers, Matching};

use super::{Audit, address, maybe_address};

const STATES: [&str; 5] = ["none", "proposed", "appealed", "executed", "dismissed"];

impl Audit<'_> {
    pub(super) async fn failures(&mut self) -> Result<()> {
        self.servings().await?;
        self.bonds().await?;
        self.availability().await?;
        self.probers().await?;
        self.flags().await?;
        self.faults().await
    }

    async fn servings(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                s.deal as "deal!",
                s.slot as "slot!",
                s.serving as "serving!",
                s.provider as "provider!: Vec<u8>",
                s.lock as "lock!",
                s.price::text as "price!",
                s.owed::text as "owed!",
                s.credited::text as "credited!",
                s.held_back::text as "held_back!",
                extract(epoch from e.ended_at)::bigint as "ended_at!"
            from serving as s
            join serving_ended as e on e.deal = s.deal and e.slot = s.slot and e.serving = s.serving
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("serving {}/{}/{}", row.deal, row.slot, row.serving);
            let call = Deals::servingOfCall {
                deal: u64::try_from(row.deal)?,
                slot: u8::try_from(row.slot)?,
                serving: u32::try_from(row.serving)?,
            };
            let found = self.view(self.context.at().deals, call).await?;
            self.compare(&name, "provider", found.provider, address(&row.provider)?);
            self.compare(&name, "lock", found.lock, row.lock);
            self.compare(&name, "price", found.price, row.price);
            self.compare(&name, "owed", found.owed, row.owed);
            self.compare(&name, "credited", found.credited, row.credited);
            self.compare(&name, "held_back", found.owed - found.credited, row.held_back);
            self.compare(&name, "ended_at", found.endedAt, row.ended_at);
        }
        Ok(())
    }

    /// All FLT of `Matching` but donations is a solver's bond.
    async fn bonds(&mut self) -> Result<()> {
        let matching = self.context.at().matching;
        let rows = sqlx::query!(
            r#"
            select solver as "solver!: Vec<u8>", balance::text as "balance!", reserved::text as "reserved!"
            from solver_bond
            "#
        );
        let mut sum = U256::ZERO;
        for row in rows.fetch_all(&self.pool).await? {
            let solver = address(&row.solver)?;
            let found = self.view(matching, Matching::bondOfCall { solver }).await?;
            let name = format!("solver {solver}");
            sum += row.balance.parse::<U256>().context("an amount")?;
            self.compare(&name, "balance", found.balance, row.balance);
            self.compare(&name, "reserved", found.reserved, row.reserved);
        }
        let held = self.flt_of(matching).await?;
        let surplus = self.view(matching, IMatching::surplusCall {}).await?;
        self.compare("Matching", "owed to solvers", held - surplus, sum);
        Ok(())
    }

    async fn availability(&mut self) -> Result<()> {
        let faults = self.context.at().faults;
        let rows = sqlx::query!(
            r#"
            select
                provider as "provider!: Vec<u8>",
                served::text as "served!",
                down::text as "down!",
                unavailability::text as "unavailability!",
                coalesce(extract(epoch from down_since)::bigint, 0) as "down_since!"
            from provider_availability_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let provider = address(&row.provider)?;
            let name = format!("provider {provider}");
            let times = self.view(faults, Faults::timesOfCall { provider }).await?;
            self.compare(&name, "served", times.served, row.served);
            self.compare(&name, "down", times.down, row.down);
            let found = self.view(faults, Faults::unavailabilityCall { provider }).await?;
            self.compare(&name, "unavailability", found, row.unavailability);
            let record = self.view(faults, Faults::recordOfCall { provider }).await?;
            self.compare(&name, "down_since", record.downSince, row.down_since);
        }
        Ok(())
    }

    async fn probers(&mut self) -> Result<()> {
        let probers = self.context.at().probers;
        let rows = sqlx::query!(
            r#"
            select
                prober as "prober!: Vec<u8>",
                region as "region!",
                seats as "seats!",
                stake::text as "stake!",
                credit::text as "credit!",
                from_day as "from_day!",
                until_day,
                withdrawn_at is not null as "is_withdrawn!"
            from prober
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let prober = address(&row.prober)?;
            let name = format!("prober {prober}");
            let found = self.view(probers, IProbers::proberOfCall { prober }).await?;
            self.compare(&name, "stake", found.stake, row.stake);
            self.compare(&name, "credit", found.credit, row.credit);
            if !row.is_withdrawn {
                self.compare(&name, "region", found.region, row.region);
                self.compare(&name, "seats", found.seats, row.seats);
                self.compare(&name, "from_day", found.fromDay, row.from_day);
                self.compare(&name, "until_day", found.untilDay, row.until_day.unwrap_or(0));
            }
        }
        let pot = sqlx::query_scalar!(r#"select pot::text as "pot!" from fault_parameter"#);
        let indexed = pot.fetch_one(&self.pool).await?;
        let pot = self.view(probers, IProbers::potCall {}).await?;
        self.compare("Probers", "pot", pot, indexed);
        Ok(())
    }

    async fn flags(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                deal as "deal!",
                slot as "slot!",
                serving as "serving!",
                is_customer as "is_customer!",
                coalesce(extract(epoch from since)::bigint, 0) as "since!",
                extract(epoch from flagged_at)::bigint as "flagged_at!"
            from flag
            where status = 'open'
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("flag of slot {}/{}", row.deal, row.slot);
            let call = Faults::flagOfCall { deal: u64::try_from(row.deal)?, slot: u8::try_from(row.slot)? };
            let found = self.view(self.context.at().faults, call).await?;
            self.compare(&name, "state", found.state, if row.is_customer { 2 } else { 1 });
            self.compare(&name, "serving", found.serving, row.serving);
            self.compare(&name, "since", found.since, row.since);
            self.compare(&name, "flagged_at", found.flaggedAt, row.flagged_at);
        }
        Ok(())
    }

    async fn faults(&mut self) -> Result<()> {
        let faults = self.context.at().faults;
        let rows = sqlx::query!(
            r#"
            select
                fault as "fault!",
                deal as "deal!",
                slot as "slot!",
                serving as "serving!",
                kind as "kind!",
                status as "status!",
                provider as "provider!: Vec<u8>",
                lock as "lock!",
                amount::text as "amount!",
                reporter as "reporter!: Vec<u8>",
                appellant as "appellant: Vec<u8>",
                extract(epoch from proposed_at)::bigint as "proposed_at!"
            from fault
            "#
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let count = self.view(faults, Faults::countCall {}).await?;
        self.compare("faults", "count", count, rows.len());
        for row in rows {
            let name = format!("fault {}", row.fault);
            let found = self.view(faults, Faults::faultOfCall { fault: u64::try_from(row.fault)? }).await?;
            let status = STATES.get(usize::from(found.state)).copied().unwrap_or("unknown");
            self.compare(&name, "deal", found.deal, row.deal);
            self.compare(&name, "slot", found.slot, row.slot);
            self.compare(&name, "serving", found.serving, row.serving);
            self.compare(&name, "kind", found.kind, row.kind);
            self.compare(&name, "status", status, row.status);
            self.compare(&name, "provider", found.provider, address(&row.provider)?);
            self.compare(&name, "lock", found.lock, row.lock);
            self.compare(&name, "amount", found.amount, row.amount);
            self.compare(&name, "reporter", found.reporter, address(&row.reporter)?);
            self.compare(&name, "appellant", found.appellant, maybe_address(row.appellant.as_deref())?);
            self.compare(&name, "proposed_at", found.proposedAt, row.proposed_at);
        }
        Ok(())
    }
}
