//! Rewards, burned fees and attesters.

use anyhow::Result;
use contracts::{Attributes, Capacity, FeeBurn, Rewards};

use super::{Audit, address, maybe_address};

impl Audit<'_> {
    pub(super) async fn rewards(&mut self) -> Result<()> {
        self.funds().await?;
        self.reward_credits().await?;
        self.fees().await?;
        self.lot().await?;
        self.attesters().await?;
        self.parameters().await
    }

    async fn funds(&mut self) -> Result<()> {
        let at = self.context.at().rewards;
        let row = sqlx::query!(r#"select funds::text as "funds!", recorded::text as "recorded!" from funds_now"#);
        let row = row.fetch_one(&self.pool).await?;
        self.compare("Rewards", "funds", self.view(at, Rewards::fundsCall {}).await?, row.funds);
        self.compare("Rewards", "recorded", self.view(at, Rewards::recordedCall {}).await?, row.recorded);
        let surplus = self.view(at, Rewards::surplusCall {}).await;
        self.compare("Rewards", "booked is held", surplus.is_ok(), true);
        Ok(())
    }

    async fn reward_credits(&mut self) -> Result<()> {
        let at = self.context.at().rewards;
        let rows =
            sqlx::query!(r#"select account as "account!: Vec<u8>", amount::text as "amount!" from reward_credit"#);
        for row in rows.fetch_all(&self.pool).await? {
            let account = address(&row.account)?;
            let credit = self.view(at, Rewards::creditOfCall { account }).await?;
            self.compare(&format!("account {account}"), "reward", credit, row.amount);
        }
        let rows =
            sqlx::query!(r#"select provider as "provider!: Vec<u8>", waiting::text as "waiting!" from stakers_reward"#);
        for row in rows.fetch_all(&self.pool).await? {
            let provider = address(&row.provider)?;
            let waiting = self.view(at, Rewards::stakersCreditOfCall { provider }).await?;
            self.compare(&format!("stakers of {provider}"), "reward", waiting, row.waiting);
        }
        Ok(())
    }

    async fn fees(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select deal as "deal!", slot as "slot!", amount::text as "amount!", up_to::text as "up_to!"
            from slot_fee
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("slot {}/{}", row.deal, row.slot);
            let call = Rewards::recordedOfCall { deal: u64::try_from(row.deal)?, slot: u8::try_from(row.slot)? };
            let found = self.view(self.context.at().rewards, call).await?;
            self.compare(&name, "fee", found.amount, row.amount);
            self.compare(&name, "fee waits for", found.upTo, row.up_to);
        }
        Ok(())
    }

    async fn lot(&mut self) -> Result<()> {
        let at = self.context.at().fee_burn;
        let row = sqlx::query!(
            r#"
            select
                lot::text as "lot!",
                coalesce(extract(epoch from started_at)::bigint, 0) as "started_at!",
                cost::text as "cost",
                sold::text as "sold!",
                coalesce(intake, 0)::text as "intake!",
                treasury_credit::text as "treasury_credit!",
                coalesce(burn_bps, 0) as "burn_bps!",
                treasury as "treasury: Vec<u8>"
            from lot_now
            "#
        );
        let row = row.fetch_one(&self.pool).await?;
        let lot = self.view(at, FeeBurn::lotCall {}).await?;
        self.compare("FeeBurn", "lot", lot.amount, row.lot);
        self.compare("FeeBurn", "started_at", lot.startedAt, row.started_at);
        if let Some(cost) = row.cost {
            let found = self.view(at, FeeBurn::costOfCall { amount: lot.amount }).await?;
            self.compare("FeeBurn", "cost", found, cost);
        }
        self.compare("FeeBurn", "sold", self.view(at, FeeBurn::soldCall {}).await?, row.sold);
        self.compare("FeeBurn", "intake", self.view(at, FeeBurn::intakeCall {}).await?, row.intake);
        let credit = self.view(at, FeeBurn::treasuryCreditCall {}).await?;
        self.compare("FeeBurn", "treasury_credit", credit, row.treasury_credit);
        self.compare("FeeBurn", "burn_bps", self.view(at, FeeBurn::burnBpsCall {}).await?, row.burn_bps);
        let treasury = self.view(at, FeeBurn::treasuryCall {}).await?;
        self.compare("FeeBurn", "treasury", treasury, maybe_address(row.treasury.as_deref())?);
        let surplus = self.view(at, FeeBurn::surplusCall {}).await;
        self.compare("FeeBurn", "booked is held", surplus.is_ok(), true);
        Ok(())
    }

    async fn attesters(&mut self) -> Result<()> {
        let at = self.context.at().attributes;
        let rows = sqlx::query!(
            r#"
            select
                attester as "attester!: Vec<u8>",
                lock as "lock!",
                amount::text as "amount!",
                extract(epoch from ends_at)::bigint as "ends_at!",
                is_live as "is_live!"
            from attester_security
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let attester = address(&row.attester)?;
            let name = format!("attester {attester}");
            let found = self.view(at, Attributes::securityOfCall { attester }).await?;
            let (lock, amount, ends_at) =
                if row.is_live { (row.lock, row.amount, row.ends_at) } else { (0, "0".to_owned(), 0) };
            self.compare(&name, "lock", found.lock, lock);
            self.compare(&name, "amount", found.amount, amount);
            self.compare(&name, "end", found.end, ends_at);
        }
        let rows = sqlx::query!(
            r#"
            select attester as "attester!: Vec<u8>", epoch as "epoch!", spent::text as "spent!"
            from attester_budget
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let attester = address(&row.attester)?;
            let name = format!("attester {attester} in epoch {}", row.epoch);
            let call = Attributes::budgetOfCall { attester, epoch: u32::try_from(row.epoch)? };
            self.compare(&name, "spent", self.view(at, call).await?.spent, row.spent);
        }
        Ok(())
    }

    async fn parameters(&mut self) -> Result<()> {
        let at = self.context.at();
        let row = sqlx::query!(
            r#"
            select
                coalesce(extract(epoch from pledges_paused_until)::bigint, 0) as "paused_until!",
                coalesce(bonus_bps, 0) as "bonus_bps!",
                coalesce(kappa_bps, 0) as "kappa_bps!"
            from capacity_parameter
            "#
        );
        let row = row.fetch_one(&self.pool).await?;
        let paused_until = self.view(at.capacity, Capacity::pausedUntilCall {}).await?;
        self.compare("Capacity", "paused_until", paused_until, row.paused_until);
        self.compare("Rewards", "bonus_bps", self.view(at.rewards, Rewards::bonusBpsCall {}).await?, row.bonus_bps);
        self.compare("Rewards", "kappa_bps", self.view(at.rewards, Rewards::kappaBpsCall {}).await?, row.kappa_bps);
        Ok(())
    }
}
