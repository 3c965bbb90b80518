//! Prices and offers.

use anyhow::Result;
use contracts::{Offers, PriceGuard};

use super::{Audit, address};

impl Audit<'_> {
    pub(super) async fn market(&mut self) -> Result<()> {
        self.price().await?;
        self.offers().await
    }

    async fn price(&mut self) -> Result<()> {
        let guard = self.context.at().price_guard;
        let row = sqlx::query!(
            r#"
            select
                median::text as "median!",
                ema30m::text as "ema30m!",
                ema24h::text as "ema24h!",
                low::text as "low!",
                high::text as "high!",
                is_stale as "is_stale!",
                stale_seconds::text as "stale_seconds!"
            from price_now
            "#
        );
        let row = row.fetch_optional(&self.pool).await?;
        let is_observed = !self.view(guard, PriceGuard::observationCall {}).await?.at.is_zero();
        self.compare("price", "is_observed", is_observed, row.is_some());
        let Some(row) = row else { return Ok(()) };
        let averages = self.view(guard, PriceGuard::averagesCall {}).await?;
        self.compare("price", "median", averages.median, row.median);
        self.compare("price", "ema30m", averages.ema30m, row.ema30m);
        self.compare("price", "ema24h", averages.ema24h, row.ema24h);
        self.compare("price", "low", self.view(guard, PriceGuard::lowCall {}).await?, row.low);
        self.compare("price", "high", self.view(guard, PriceGuard::highCall {}).await?, row.high);
        self.compare("price", "is_stale", self.view(guard, PriceGuard::isStaleCall {}).await?, row.is_stale);
        let stale_seconds = self.view(guard, PriceGuard::staleSecondsCall {}).await?;
        self.compare("price", "stale_seconds", stale_seconds, row.stale_seconds);
        Ok(())
    }

    async fn offers(&mut self) -> Result<()> {
        let offers = self.context.at().offers;
        let rows = sqlx::query!(
            r#"
            select
                offer as "offer!",
                provider as "provider!: Vec<u8>",
                units as "units!",
                units_in_use as "units_in_use!",
                price::text as "price!",
                coverage_max_bps as "coverage_max_bps!",
                availability_bps as "availability_bps!",
                term_max_days as "term_max_days!",
                duration_max_days as "duration_max_days!",
                notice as "notice!",
                is_live as "is_live!"
            from offer_now
            "#
        );
        let rows = rows.fetch_all(&self.pool).await?;
        let count = self.view(offers, Offers::countCall {}).await?;
        self.compare("offers", "count", count, rows.len());
        for row in rows {
            let offer = u64::try_from(row.offer)?;
            let name = format!("offer {offer}");
            let is_live = self.view(offers, Offers::isLiveCall { offer }).await?;
            self.compare(&name, "is_live", is_live, row.is_live);
            let in_use = self.view(offers, Offers::unitsInUseCall { offer }).await?;
            self.compare(&name, "units_in_use", in_use, row.units_in_use);
            let declared = self.view(offers, Offers::availabilityOfCall { offer }).await?;
            self.compare(&name, "availability_bps", declared, row.availability_bps);
            if is_live {
                let found = self.view(offers, Offers::offerOfCall { offer }).await?;
                self.compare(&name, "provider", found.provider, address(&row.provider)?);
                self.compare(&name, "units", found.units, row.units);
                self.compare(&name, "price", found.price, row.price);
                self.compare(&name, "coverage_max_bps", found.coverageMaxBps, row.coverage_max_bps);
                self.compare(&name, "term_max_days", found.termMaxDays, row.term_max_days);
                self.compare(&name, "duration_max_days", found.durationMaxDays, row.duration_max_days);
                self.compare(&name, "notice", found.notice, row.notice);
            }
        }
        Ok(())
    }
}
