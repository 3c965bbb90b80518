//! Commitments, epochs, and what is asked of them.

use alloy::primitives::{B256, U256};
use anyhow::Result;
use contracts::{Capacity, Rewards};

use super::{Audit, address, maybe_address};

const BINS: usize = 20;

impl Audit<'_> {
    pub(super) async fn capacity(&mut self) -> Result<()> {
        self.classes().await?;
        self.verifiers().await?;
        self.commitments().await?;
        self.tallies().await?;
        self.epochs().await?;
        self.fill().await?;
        self.challenges().await?;
        self.now().await
    }

    async fn classes(&mut self) -> Result<()> {
        let at = self.context.at();
        let rows = sqlx::query!(
            r#"
            select
                class as "class!",
                reference_target::text as "reference_target!",
                collateral::text as "collateral!",
                versions as "versions!",
                target::text as "target!",
                coalesce(epoch, 0) as "epoch!",
                pool_target::text as "pool_target!",
                pool_minimum::text as "pool_minimum!",
                pool_maximum::text as "pool_maximum!",
                pool_wanted::text as "pool_wanted!",
                coalesce(pool_epoch, 0) as "pool_epoch!",
                pool_next::text as "pool_next!",
                pool_units as "pool_units!"
            from capacity_class
            "#
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let classes = self.view(at.capacity, Capacity::classesCall {}).await?;
        self.compare("classes", "count", classes.len(), rows.len());
        for row in rows {
            let (name, class) = (format!("class {}", row.class), u8::try_from(row.class)?);
            let found = self.view(at.capacity, Capacity::classOfCall { class }).await?;
            self.compare(&name, "reference_target", found.referenceTarget, row.reference_target);
            self.compare(&name, "collateral", found.collateral, row.collateral);
            self.compare(&name, "versions", found.versions, row.versions);
            self.compare(&name, "target", found.target, row.target);
            self.compare(&name, "epoch", found.epoch, row.epoch);
            let pool = self.view(at.rewards, Rewards::poolOfCall { class }).await?;
            self.compare(&name, "pool_target", pool.target, row.pool_target);
            self.compare(&name, "pool_minimum", pool.minimum, row.pool_minimum);
            self.compare(&name, "pool_maximum", pool.maximum, row.pool_maximum);
            self.compare(&name, "pool_wanted", pool.wanted, row.pool_wanted);
            self.compare(&name, "pool_epoch", pool.epoch, row.pool_epoch);
            self.compare(&name, "pool_next", pool.next, row.pool_next);
            self.compare(&name, "pool_units", pool.units, row.pool_units);
        }
        Ok(())
    }

    async fn verifiers(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                class as "class!",
                version as "version!",
                verifier as "verifier!: Vec<u8>",
                extract(epoch from active_at)::bigint as "active_at!"
            from capacity_verifier
            where active_at is not null
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("verifier {} of class {}", row.version, row.class);
            let call =
                Capacity::verifierOfCall { class: u8::try_from(row.class)?, version: u8::try_from(row.version)? };
            let found = self.view(self.context.at().capacity, call).await?;
            self.compare(&name, "verifier", found.verifier, address(&row.verifier)?);
            self.compare(&name, "active_at", found.activeAt, row.active_at);
        }
        Ok(())
    }

    async fn commitments(&mut self) -> Result<()> {
        let at = self.context.at();
        let rows = sqlx::query!(
            r#"
            select
                commitment as "commitment!",
                provider as "provider!: Vec<u8>",
                class as "class!",
                units as "units!",
                first_epoch as "first_epoch!",
                end_epoch as "end_epoch!",
                verifier_version as "verifier_version!",
                lock as "lock!",
                next_epoch as "next_epoch!",
                poor_epochs as "poor_epochs!",
                open_challenges as "open_challenges!",
                open_demands as "open_demands!",
                convicted_at is not null as "is_convicted!",
                last_earned::text as "last_earned!",
                pending::text as "pending!",
                coalesce(extract(epoch from due_at)::bigint, 0) as "due_at!"
            from commitment_now
            "#
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let count = self.view(at.capacity, Capacity::countCall {}).await?;
        self.compare("commitments", "count", count, rows.len());
        for row in rows {
            let (name, commitment) = (format!("commitment {}", row.commitment), u64::try_from(row.commitment)?);
            let found = self.view(at.capacity, Capacity::commitmentOfCall { commitment }).await?;
            self.compare(&name, "provider", found.provider, address(&row.provider)?);
            self.compare(&name, "class", found.class, row.class);
            self.compare(&name, "units", found.units, row.units);
            self.compare(&name, "first_epoch", found.firstEpoch, row.first_epoch);
            self.compare(&name, "end_epoch", found.endEpoch, row.end_epoch);
            self.compare(&name, "verifier_version", found.verifierVersion, row.verifier_version);
            self.compare(&name, "lock", found.lock, row.lock);
            self.compare(&name, "next_epoch", found.nextEpoch, row.next_epoch);
            self.compare(&name, "poor_epochs", found.poorEpochs, row.poor_epochs);
            self.compare(&name, "open_challenges", found.openChallenges, row.open_challenges);
            self.compare(&name, "open_demands", found.openDemands, row.open_demands);
            self.compare(&name, "is_convicted", found.isConvicted, row.is_convicted);
            let last = self.view(at.rewards, Rewards::lastRewardOfCall { commitment }).await?;
            self.compare(&name, "last_earned", last, row.last_earned);
            let pending = self.view(at.rewards, Rewards::pendingOfCall { commitment }).await?;
            self.compare(&name, "pending", pending.amount, &row.pending);
            if row.pending != "0" {
                self.compare(&name, "due_at", pending.dueAt, row.due_at);
            }
        }
        Ok(())
    }

    async fn tallies(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select commitment as "commitment!", epoch as "epoch!", filled as "filled!", excused as "excused!"
            from commitment_epoch
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("commitment {} in epoch {}", row.commitment, row.epoch);
            let call =
                Capacity::tallyOfCall { commitment: u64::try_from(row.commitment)?, epoch: u32::try_from(row.epoch)? };
            let tally = self.view(self.context.at().capacity, call).await?;
            self.compare(&name, "filled", tally.filled, row.filled);
            self.compare(&name, "excused", tally.excused, row.excused);
        }
        Ok(())
    }

    async fn epochs(&mut self) -> Result<()> {
        let at = self.context.at();
        let rows = sqlx::query!(
            r#"
            select
                class as "class!",
                epoch as "epoch!",
                coalesce(target, 0)::text as "target!",
                opened as "opened!",
                amount::text as "amount!",
                rest::text as "rest!",
                divisor::text as "divisor!"
            from pool_epoch_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("epoch {} of class {}", row.epoch, row.class);
            let (class, epoch) = (u8::try_from(row.class)?, u32::try_from(row.epoch)?);
            let target = self.view(at.capacity, Capacity::targetOfCall { class, epoch }).await?;
            self.compare(&name, "target", target, row.target);
            let opened = self.view(at.capacity, Capacity::openedOfCall { epoch }).await?;
            self.compare(&name, "opened", opened, row.opened);
            let divisor = self.view(at.capacity, Capacity::divisorOfCall { class, epoch }).await?;
            self.compare(&name, "divisor", divisor, row.divisor);
            let pool = self.view(at.rewards, Rewards::epochOfCall { class, epoch }).await?;
            self.compare(&name, "amount", pool.amount, row.amount);
            self.compare(&name, "rest", pool.left, row.rest);
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select class as "class!", epoch as "epoch!", bin as "bin!", units::text as "units!"
            from fill
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("fill of epoch {} of class {}", row.epoch, row.class);
            let call = Capacity::histogramOfCall { class: u8::try_from(row.class)?, epoch: u32::try_from(row.epoch)? };
            let found: [u32; BINS] = self.view(self.context.at().capacity, call).await?;
            let units = found.get(usize::try_from(row.bin)?).copied().unwrap_or_default();
            self.compare(&name, "units", units, row.units);
        }
        Ok(())
    }

    async fn challenges(&mut self) -> Result<()> {
        let at = self.context.at().capacity;
        let rows = sqlx::query!(
            r#"
            select
                commitment as "commitment!",
                "window" as "window!",
                rank as "rank",
                position as "position",
                demander as "demander: Vec<u8>",
                coalesce(deposit, 0)::text as "deposit!",
                extract(epoch from deadline)::bigint as "deadline!"
            from challenge_now
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let (commitment, window) = (u64::try_from(row.commitment)?, u32::try_from(row.window)?);
            if let Some(position) = row.position {
                let name = format!("leaf {position} of window {window} of commitment {commitment}");
                let call = Capacity::demandOfCall { commitment, window, position: u32::try_from(position)? };
                let demand = self.view(at, call).await?;
                self.compare(&name, "demander", demand.demander, maybe_address(row.demander.as_deref())?);
                self.compare(&name, "deposit", demand.deposit, row.deposit);
                self.compare(&name, "deadline", demand.deadline, row.deadline);
            } else {
                let name = format!("audit of window {window} of commitment {commitment}");
                let audit = self.view(at, Capacity::auditOfCall { commitment, window }).await?;
                self.compare(&name, "rank", audit.rank, row.rank.unwrap_or_default());
                self.compare(&name, "deadline", audit.deadline, row.deadline);
            }
        }
        Ok(())
    }

    /// The running epoch and window, and the ether of demands.
    async fn now(&mut self) -> Result<()> {
        let at = self.context.at().capacity;
        let row = sqlx::query!(
            r#"
            select epoch as "epoch!", "window" as "window!", opened as "opened!", seed as "seed: Vec<u8>"
            from epoch_now
            "#
        );
        let row = row.fetch_one(&self.pool).await?;
        let opened = self.view(at, Capacity::openedOfCall { epoch: u32::try_from(row.epoch)? }).await?;
        self.compare("running epoch", "opened", opened, row.opened);
        let seed = self.view(at, Capacity::seedOfCall { window: u32::try_from(row.window)? }).await?;
        let indexed = row.seed.as_deref().map_or(Ok(B256::ZERO), B256::try_from)?;
        self.compare("running window", "seed", seed, indexed);
        let mut sum = U256::ZERO;
        let rows = sqlx::query!(r#"select account as "account!: Vec<u8>", amount::text as "amount!" from deposit"#);
        for row in rows.fetch_all(&self.pool).await? {
            let account = address(&row.account)?;
            let owed = self.view(at, Capacity::depositOfCall { account }).await?;
            self.compare(&format!("account {account}"), "deposit", owed, &row.amount);
            sum += row.amount.parse::<U256>()?;
        }
        let held = self.balance(at).await?;
        self.compare("Capacity", "deposits are held", held >= sum, true);
        Ok(())
    }
}
