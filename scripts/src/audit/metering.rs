//! What was paid by usage: redemptions, gateways, modules and what their authors are due.

use alloy::primitives::B256;
use anyhow::Result;
use contracts::{IRedemption, Modules, Vouchers};

use super::{Audit, address, hash};

impl Audit<'_> {
    pub(super) async fn metering(&mut self) -> Result<()> {
        self.redemptions().await?;
        self.gateways().await?;
        self.published().await?;
        self.named().await?;
        self.royalties().await
    }

    async fn redemptions(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select deal as "deal!", slot as "slot!", serving as "serving!", redeemed::text as "redeemed!"
            from serving_usage
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("serving {}/{}/{}", row.deal, row.slot, row.serving);
            let call = IRedemption::redeemedOfCall {
                deal: u64::try_from(row.deal)?,
                slot: u8::try_from(row.slot)?,
                serving: u32::try_from(row.serving)?,
            };
            let redeemed = self.view(self.context.at().deals, call).await?;
            self.compare(&name, "redeemed", redeemed, row.redeemed);
        }
        Ok(())
    }

    async fn gateways(&mut self) -> Result<()> {
        let vouchers = self.context.at().vouchers;
        let rows = sqlx::query!(
            r#"
            select
                customer as "customer!: Vec<u8>",
                gateway as "gateway!: Vec<u8>",
                daily_cap::text as "daily_cap!",
                spent::text as "spent!",
                coalesce(day, 0)::text as "day!",
                coalesce(extract(epoch from revoked_at)::bigint, 0) as "revoked_at!",
                allowance::text as "allowance!"
            from gateway_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let (customer, gateway) = (address(&row.customer)?, address(&row.gateway)?);
            let name = format!("gateway {gateway} of {customer}");
            let found = self.view(vouchers, Vouchers::gatewayOfCall { customer, gateway }).await?;
            self.compare(&name, "daily_cap", found.dailyCap, row.daily_cap);
            self.compare(&name, "spent", found.spent, row.spent);
            self.compare(&name, "day", found.day, row.day);
            self.compare(&name, "revoked_at", found.revokedAt, row.revoked_at);
            let allowance = self.view(vouchers, Vouchers::allowanceOfCall { customer, gateway }).await?;
            self.compare(&name, "allowance", allowance, row.allowance);
        }
        Ok(())
    }

    async fn published(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                module as "module!: Vec<u8>",
                author as "author!: Vec<u8>",
                royalty::text as "royalty!",
                coalesce(next_royalty, 0)::text as "next_royalty!",
                coalesce(extract(epoch from effective_at)::bigint, 0) as "effective_at!",
                extract(epoch from published_at)::bigint as "published_at!"
            from published_module
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let module = hash(&row.module)?;
            let name = format!("module {module}");
            let found = self.view(self.context.at().modules, Modules::moduleOfCall { module }).await?;
            self.compare(&name, "author", found.author, address(&row.author)?);
            self.compare(&name, "royalty", found.royalty, row.royalty);
            self.compare(&name, "next_royalty", found.nextRoyalty, row.next_royalty);
            self.compare(&name, "effective_at", found.effectiveAt, row.effective_at);
            self.compare(&name, "published_at", found.publishedAt, row.published_at);
        }
        Ok(())
    }

    /// Every deal has a list, most an empty one.
    async fn named(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                d.deal as "deal!",
                array(
                    select n.module::bytea from module_named as n where n.deal = d.deal order by n.block, n.log_index
                ) as "modules!",
                array(
                    select n.royalty::text from module_named as n where n.deal = d.deal order by n.block, n.log_index
                ) as "royalties!"
            from deal as d
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("deal {}", row.deal);
            let call = Modules::modulesOfCall { deal: u64::try_from(row.deal)? };
            let found = self.view(self.context.at().modules, call).await?;
            let modules = row.modules.iter().map(|module| hash(module)).collect::<Result<Vec<B256>>>()?;
            self.compare(&name, "modules", format!("{:?}", found.modules), format!("{modules:?}"));
            let royalties: Vec<String> = found.royalties.iter().map(ToString::to_string).collect();
            self.compare(&name, "royalties", royalties.join(" "), row.royalties.join(" "));
        }
        Ok(())
    }

    async fn royalties(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select d.deal as "deal!", coalesce(r.due, 0)::text as "due!"
            from deal as d
            left join deal_royalty as r on r.deal = d.deal
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let call = IRedemption::royaltyDueCall { deal: u64::try_from(row.deal)? };
            let due = self.view(self.context.at().deals, call).await?;
            self.compare(&format!("deal {}", row.deal), "royalty_due", due, row.due);
        }
        Ok(())
    }
}
