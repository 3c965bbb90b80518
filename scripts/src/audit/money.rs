//! Deals, slots, payers, credits, and that all of it is there.

use alloy::primitives::U256;
use anyhow::{Context as _, Result};
use contracts::{Deals, DevelopmentUsd};

use super::{Audit, address, maybe_address};

const STATUSES: [&str; 4] = ["empty", "assigned", "serving", "ended"];

impl Audit<'_> {
    pub(super) async fn money(&mut self) -> Result<()> {
        self.deals().await?;
        self.slots().await?;
        self.payers().await?;
        self.credits().await?;
        self.totals().await
    }

    async fn deals(&mut self) -> Result<()> {
        let deals = self.context.at().deals;
        let rows = sqlx::query!(
            r#"
            select
                deal as "deal!",
                customer as "customer!: Vec<u8>",
                fee_bps as "fee_bps!",
                shares::text as "shares!",
                spare::text as "spare!",
                coalesce(extract(epoch from started_at)::bigint, 0) as "started_at!",
                coalesce(extract(epoch from stopped_at)::bigint, 0) as "stopped_at!"
            from deal
            "#
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let count = self.view(deals, Deals::countCall {}).await?;
        self.compare("deals", "count", count, rows.len());
        for row in rows {
            let name = format!("deal {}", row.deal);
            let deal = self.view(deals, Deals::dealOfCall { deal: u64::try_from(row.deal)? }).await?;
            self.compare(&name, "customer", deal.customer, address(&row.customer)?);
            self.compare(&name, "fee_bps", deal.feeBps, row.fee_bps);
            self.compare(&name, "shares", deal.shares, row.shares);
            self.compare(&name, "spare", deal.spare, row.spare);
            self.compare(&name, "started_at", deal.startedAt, row.started_at);
            self.compare(&name, "stopped_at", deal.stoppedAt, row.stopped_at);
        }
        Ok(())
    }

    async fn slots(&mut self) -> Result<()> {
        let deals = self.context.at().deals;
        let rows = sqlx::query!(
            r#"
            select
                deal as "deal!",
                slot as "slot!",
                status as "status!",
                provider as "provider: Vec<u8>",
                serving as "serving!",
                price::text as "price!",
                escrow::text as "escrow!",
                owed::text as "owed!",
                accrued::text as "accrued!",
                creditable::text as "creditable!",
                credited::text as "credited!",
                value_at_stake::text as "value_at_stake!",
                health_bps::text as "health_bps"
            from slot_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let (deal, slot) = (u64::try_from(row.deal)?, u8::try_from(row.slot)?);
            let name = format!("slot {deal}/{slot}");
            let found = self.view(deals, Deals::slotOfCall { deal, slot }).await?;
            let status = STATUSES.get(usize::from(found.status)).copied().unwrap_or("unknown");
            self.compare(&name, "status", status, &row.status);
            self.compare(&name, "escrow", found.escrow, row.escrow);
            let is_live = row.status == "assigned" || row.status == "serving";
            if is_live {
                self.compare(&name, "provider", found.provider, maybe_address(row.provider.as_deref())?);
                self.compare(&name, "serving", found.serving, row.serving);
                self.compare(&name, "price", found.price, row.price);
                self.compare(&name, "owed", found.owed, row.owed);
                self.compare(&name, "credited", found.credited, row.credited);
                self.compare(&name, "value_at_stake", found.valueAtStake, row.value_at_stake);
                // Standbys have none.
                if let Some(indexed) = row.health_bps {
                    let health = self.view(deals, Deals::healthBpsCall { deal, slot }).await?;
                    self.compare(&name, "health_bps", health, indexed);
                }
            }
            if is_live || row.status == "ended" {
                let accrued = self.view(deals, Deals::accruedCall { deal, slot }).await?;
                self.compare(&name, "accrued", accrued, row.accrued);
                let creditable = self.view(deals, Deals::creditableCall { deal, slot }).await?;
                self.compare(&name, "creditable", creditable, row.creditable);
            }
        }
        Ok(())
    }

    async fn payers(&mut self) -> Result<()> {
        let rows =
            sqlx::query!(r#"select deal as "deal!", payer as "payer!: Vec<u8>", shares::text as "shares!" from payer"#);
        for row in rows.fetch_all(&self.pool).await? {
            let payer = address(&row.payer)?;
            let call = Deals::sharesOfCall { deal: u64::try_from(row.deal)?, payer };
            let shares = self.view(self.context.at().deals, call).await?;
            self.compare(&format!("payer {payer} of deal {}", row.deal), "shares", shares, row.shares);
        }
        Ok(())
    }

    async fn credits(&mut self) -> Result<()> {
        let deals = self.context.at().deals;
        let rows = sqlx::query!(r#"select account as "account!: Vec<u8>", amount::text as "amount!" from credit"#);
        for row in rows.fetch_all(&self.pool).await? {
            let account = address(&row.account)?;
            let credit = self.view(deals, Deals::creditOfCall { account }).await?;
            self.compare(&format!("account {account}"), "credit", credit, row.amount);
        }
        let rows =
            sqlx::query!(r#"select provider as "provider!: Vec<u8>", amount::text as "amount!" from stakers_credit"#);
        for row in rows.fetch_all(&self.pool).await? {
            let provider = address(&row.provider)?;
            let credit = self.view(deals, Deals::stakersCreditOfCall { provider }).await?;
            self.compare(&format!("stakers of {provider}"), "credit", credit, row.amount);
        }
        Ok(())
    }

    /// All stablecoin of `Deals` but donations belongs to a slot, a serving that is over, a deal, its tip, its modules' authors or
    /// a credit.
    async fn totals(&mut self) -> Result<()> {
        let at = self.context.at();
        let owned = sqlx::query_scalar!(
            r#"
            select (
                (select coalesce(sum(escrow + owed - credited), 0) from slot)
                + (select coalesce(sum(held_back), 0) from serving)
                + (select coalesce(sum(spare), 0) from deal)
                + (select coalesce(sum(tip), 0) from deal where tip_to is null)
                + (select coalesce(sum(due), 0) from deal_royalty)
                + (select coalesce(sum(amount), 0) from credit)
                + (select coalesce(sum(amount), 0) from stakers_credit)
            )::text as "owned!"
            "#
        );
        let owned: U256 = owned.fetch_one(&self.pool).await?.parse().context("a sum of amounts")?;
        let held = self.view(at.stablecoin, DevelopmentUsd::balanceOfCall { account: at.deals }).await?;
        let surplus = self.view(at.deals, Deals::surplusCall {}).await?;
        self.compare("Deals", "owed to somebody", held - surplus, owned);
        Ok(())
    }
}
