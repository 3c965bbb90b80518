//! What was agreed: requests, the terms of deals, and what is excused.

use alloy::primitives::B256;
use anyhow::Result;
use contracts::{Deals, Matching, Staking};

use super::{Audit, address, hash, maybe_address};

impl Audit<'_> {
    pub(super) async fn agreed(&mut self) -> Result<()> {
        self.deal_terms().await?;
        self.requests().await?;
        self.proposals().await?;
        self.shortfalls().await
    }

    async fn deal_terms(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                deal as "deal!",
                class as "class!",
                slots as "slots!",
                units as "units!",
                term_days as "term_days!",
                duration_days as "duration_days!",
                coverage_bps as "coverage_bps!",
                exposure as "exposure!",
                notice as "notice!",
                royalty::text as "royalty!",
                payment_mode as "payment_mode!",
                coalesce((select q.proof_kind from request as q where q.deal = deal.deal), 0) as "proof_kind!",
                (select k.verification_key from request_key_set as k where k.deal = deal.deal) as "key: Vec<u8>"
            from deal
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("deal {}", row.deal);
            let call = Deals::dealOfCall { deal: u64::try_from(row.deal)? };
            let deal = self.view(self.context.at().deals, call).await?;
            self.compare(&name, "class", deal.class, row.class);
            self.compare(&name, "slots", deal.slots, row.slots);
            self.compare(&name, "units", deal.units, row.units);
            self.compare(&name, "term_days", deal.termDays, row.term_days);
            self.compare(&name, "duration_days", deal.durationDays, row.duration_days);
            self.compare(&name, "coverage_bps", deal.coverageBps, row.coverage_bps);
            self.compare(&name, "exposure", deal.exposure, row.exposure);
            self.compare(&name, "notice", deal.notice, row.notice);
            self.compare(&name, "royalty", deal.royalty, row.royalty);
            self.compare(&name, "payment_mode", deal.paymentMode, row.payment_mode);
            self.compare(&name, "proof_kind", deal.proofKind, row.proof_kind);
            let key = row.key.as_deref().map_or(Ok(B256::ZERO), hash)?;
            self.compare(&name, "verification_key", deal.verificationKey, key);
        }
        Ok(())
    }

    async fn requests(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select
                deal as "deal!",
                application as "application!",
                price_max::text as "price_max!",
                regions::text as "regions!",
                first_loss_min_bps as "first_loss_min_bps!",
                proof_kind as "proof_kind!",
                extract(epoch from expires_at)::bigint as "expires_at!",
                resolver as "resolver: Vec<u8>",
                is_allowlist as "is_allowlist!"
            from request
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("request {}", row.deal);
            let call = Matching::requestOfCall { deal: u64::try_from(row.deal)? };
            let request = self.view(self.context.at().matching, call).await?;
            self.compare(&name, "application", &request.application, row.application);
            self.compare(&name, "price_max", request.priceMax, row.price_max);
            self.compare(&name, "regions", request.among.regions, row.regions);
            self.compare(&name, "first_loss_min_bps", request.firstLossMinBps, row.first_loss_min_bps);
            self.compare(&name, "proof_kind", request.proofKind, row.proof_kind);
            self.compare(&name, "expires_at", request.expiry, row.expires_at);
            self.compare(&name, "resolver", request.resolver, maybe_address(row.resolver.as_deref())?);
            self.compare(&name, "is_allowlist", request.among.isAllowlist, row.is_allowlist);
        }
        Ok(())
    }

    /// `Matching` forgets a proposal's price when it is activated; the database keeps it.
    async fn proposals(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"
            select deal as "deal!", round as "round!", proposed_price::text as "price!"
            from request
            where round is not null and round is distinct from activated_round
            "#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let name = format!("request {}", row.deal);
            let call = Matching::proposalOfCall { deal: u64::try_from(row.deal)?, rank: 0 };
            let proposal = self.view(self.context.at().matching, call).await?;
            self.compare(&name, "round", proposal.round, row.round);
            self.compare(&name, "proposed_price", proposal.price, row.price);
        }
        Ok(())
    }

    async fn shortfalls(&mut self) -> Result<()> {
        let rows = sqlx::query!(
            r#"select provider as "provider!: Vec<u8>", shortfall::text as "shortfall!" from provider_now"#
        );
        for row in rows.fetch_all(&self.pool).await? {
            let provider = address(&row.provider)?;
            let found = self.view(self.context.at().staking, Staking::shortfallCall { provider }).await?;
            self.compare(&format!("provider {provider}"), "shortfall", found.amount, row.shortfall);
        }
        Ok(())
    }
}
