//! Rounds of collecting, beside the look at the chain: a gateway that does not answer keeps nobody from anything.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::Address;
use anyhow::Result;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::Client;
use super::books::Book;
use super::collect::{self, Asking, Paid};
use super::invoke::Hosting;
use crate::blocks::Head;
use crate::census::Census;
use crate::chain::Context;
use crate::prober::statement::Target;
use crate::underway::Underway;
use crate::usage::ends::{Ends as _, REDEMPTION};
use crate::usage::target_of;
use crate::waits::Waits;

/// Seconds of chain time after which what is left of a voucher is tried again, at the latest.
const LEFT_EVERY: u64 = 3_600;

/// Seconds of chain time in which everybody sees that a serving has ended.
const AFTER_END: u64 = 60;

/// How long a gateway is waited for, which may have to ask its provider for records before it signs.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Longest from one round of a serving to the next: half of the time that its vouchers are redeemed in.
pub(crate) const EVERY_MAX: u64 = REDEMPTION / 2;

/// Where a customer's gateway takes claims. Nobody else's deals are its business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    pub customer: Address,
    pub url: String,
}

impl FromStr for Gateway {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').and_then(|(customer, url)| Some((customer.parse().ok()?, url)));
        let (customer, url) = parts.ok_or("it is the customer's address, `=`, and the URL of the gateway")?;
        Ok(Self { customer, url: url.to_owned() })
    }
}

/// A serving that may be collected for, as it is called.
type Due = (String, Arc<Book>);

/// What came of collecting for a serving.
#[derive(Debug)]
struct Told {
    name: String,
    /// Whether a voucher was kept or paid.
    has_gained: bool,
    /// In chain time, when to look again.
    ended: Result<u64>,
}

/// Invariants:
/// 1. Of each customer one round is under way at most, through all his servings one after the other: who does not answer is not
///    asked more because he has more deals.
#[derive(Debug)]
pub(super) struct Rounds {
    gateways: Vec<Gateway>,
    client: Client,
    /// Seconds of chain time from one round of a serving to the next.
    every: u64,
    waits: Waits,
    underway: Underway<Address, ()>,
    tells: UnboundedSender<Told>,
    told: UnboundedReceiver<Told>,
}

impl Rounds {
    pub(super) fn new(gateways: Vec<Gateway>, every: u64) -> Result<Self> {
        let (client, (tells, told)) = (Client::new(ANSWER_WITHIN)?, mpsc::unbounded_channel());
        let (waits, underway) = (Waits::default(), Underway::default());
        Ok(Self { gateways, client, every, waits, underway, tells, told })
    }

    /// Begins what is due.
    pub(super) async fn begin(
        &mut self,
        context: &Context,
        hosting: &Arc<Hosting<Context>>,
        census: &Census,
        head: Head,
    ) {
        for (customer, due) in self.due(hosting, census, head).await {
            let (context, hosting) = (context.clone(), Arc::clone(hosting));
            let round = Round { context, hosting, customer, head, every: self.every };
            let gateways = Asking::new(customer, self.of(customer), self.client.clone());
            let running = round.run(due, gateways, self.tells.clone());
            self.underway.begin(customer, async move {
                running.await;
                Ok(())
            });
        }
    }

    /// By customer, of whom no round is under way.
    async fn due(&self, hosting: &Hosting<Context>, census: &Census, head: Head) -> BTreeMap<Address, Vec<Due>> {
        let mut due: BTreeMap<Address, Vec<Due>> = BTreeMap::new();
        for book in hosting.books().all().await {
            let target @ Target { deal, slot, serving } = target_of(book.serving());
            let name = format!("collecting for serving {serving} of slot {slot} of deal {deal}");
            let Some(customer) = census.get(deal).map(|seen| seen.deal.customer) else { continue };
            if self.underway.has(&customer) || !self.waits.may(&name, head.time) {
                continue;
            }
            // Books of servings that ended are looked at until nothing is paid of them any more.
            if book.claim(None).is_some() || book.redeemable(None).is_some() || !hosting.serves(target) {
                due.entry(customer).or_default().push((name, book));
            }
        }
        due
    }

    fn of(&self, customer: Address) -> Vec<String> {
        let ours = self.gateways.iter().filter(|gateway| gateway.customer == customer);
        ours.map(|gateway| gateway.url.clone()).collect()
    }

    /// Of how many servings something was collected since, and of how many collecting failed.
    pub(super) fn ended(&mut self, head: Head) -> (u64, u64) {
        let (mut collected, mut failed) = (0, 0);
        // What rounds that ended have told is read after they ended.
        while let Some((_, ended)) = self.underway.ended() {
            if let Err(error) = ended {
                failed += 1;
                tracing::error!("a round of collecting broke off: {error:#}");
            }
        }
        while let Ok(Told { name, has_gained, ended }) = self.told.try_recv() {
            collected += u64::from(has_gained);
            match ended {
                Ok(again) => self.waits.rest(name, again),
                Err(error) => {
                    failed += 1;
                    self.waits.failed(name, head.time, &error);
                }
            }
        }
        (collected, failed)
    }
}

/// A round through a customer's servings.
struct Round {
    context: Context,
    hosting: Arc<Hosting<Context>>,
    customer: Address,
    head: Head,
    every: u64,
}

impl Round {
    /// Each serving fails alone. What was signed for is redeemed before any gateway is asked: it waits for none that hangs.
    async fn run(self, due: Vec<Due>, mut gateways: Asking, tells: UnboundedSender<Told>) {
        let tell = |name, has_gained, ended| {
            // Where the host is gone nobody wants to know.
            let _ = tells.send(Told { name, has_gained, ended });
        };
        let mut asking = Vec::new();
        for (name, book) in due {
            let end = match self.context.end_of(target_of(book.serving())).await {
                Ok(end) => end,
                Err(error) => {
                    tell(name, false, Err(error));
                    continue;
                }
            };
            if end.is_some_and(|end| self.head.time > end + REDEMPTION) {
                tell(name, false, self.close(book, end).await);
                continue;
            }
            let paid = collect::redeem_rest(&self.context, &book, self.customer, end).await;
            if book.claim(end).is_some() {
                asking.push((name, book, end, has_paid(&paid)));
            } else {
                tell(name, has_paid(&paid), paid.map(|paid| self.again(paid, end)));
            }
        }
        for (name, book, end, had_paid) in asking {
            let (is_kept, paid) = match gateways.collect(&self.hosting, &book, (end, self.head.time)).await {
                Ok(is_kept) => (is_kept, collect::redeem_rest(&self.context, &book, self.customer, end).await),
                Err(error) => (false, Err(error)),
            };
            tell(name, had_paid || is_kept || has_paid(&paid), paid.map(|paid| self.again(paid, end)));
        }
    }

    /// Of this serving nothing is paid any more.
    async fn close(&self, book: Arc<Book>, end: Option<u64>) -> Result<u64> {
        collect::write_off(&self.context, &book, end).await?;
        let target = target_of(book.serving());
        drop(book);
        self.hosting.books().close(target).await?;
        Ok(self.head.time + self.every)
    }

    fn again(&self, paid: Paid, end: Option<u64>) -> u64 {
        // What is left waits for a day to begin, or for money, and not beyond the time that it may be redeemed in.
        let every = if paid.is_done { self.every } else { self.every.min(LEFT_EVERY) };
        again(self.head.time, every, end)
    }
}

/// When to look again: soon after the end of the serving at the latest, for from then on there is a day to be paid in.
fn again(now: u64, every: u64, end: Option<u64>) -> u64 {
    let after = end.map(|end| end + AFTER_END).filter(|after| *after > now);
    after.unwrap_or(u64::MAX).min(now + every)
}

fn has_paid(paid: &Result<Paid>) -> bool {
    paid.as_ref().is_ok_and(|paid| paid.has_paid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_asked_for_its_customers_deals_alone() {
        let [carol, dave] = [1, 2].map(Address::repeat_byte);
        let parsed: Gateway = format!("{carol}=http://one/?a=b").parse().expect("an address and a URL");
        assert_eq!(parsed, Gateway { customer: carol, url: "http://one/?a=b".to_owned() });
        assert!(["http://one", "carol=http://one", ""].iter().all(|text| text.parse::<Gateway>().is_err()));
        let other = Gateway { customer: dave, url: "http://two".to_owned() };
        let rounds = Rounds::new(vec![parsed, other], 3_600).expect("a client is made");
        assert_eq!(rounds.of(dave), ["http://two"]);
        assert!(rounds.of(Address::ZERO).is_empty());
    }

    #[test]
    fn the_end_of_a_serving_is_not_slept_over() {
        assert_eq!((again(1_000, 3_600, None), again(1_000, 3_600, Some(9_000))), (4_600, 4_600));
        assert_eq!((again(1_000, 3_600, Some(2_000)), again(2_050, 3_600, Some(2_000))), (2_060, 2_060));
        assert_eq!(again(2_060, 3_600, Some(2_000)), 5_660);
    }
}
