//! Probers whose keys a test has: what they see is what it says.

use std::collections::BTreeMap;

use alloy::primitives::aliases::U40;
use alloy::primitives::{Address, Bytes};
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result, ensure};
use contracts::{IFaults, IProbers};
use scripts::chain::{Context, Sent};
use scripts::ids::DealId;
use scripts::prober;
use scripts::prober::statement::{self, Statement, Target};

use crate::actors::key;
use crate::chain::days;
use crate::world::World;

/// As many as a development deployment needs to slash.
pub const COUNT: u8 = 9;

const REGIONS: u8 = 3;

const DAY: u64 = 86_400;

/// What their statements are paid from.
const POT: &str = "1000";

/// Invariants:
/// 1. All of them have a seat, and a third of them is in each region: any four come from two.
#[derive(Debug)]
pub struct Probers {
    keys: BTreeMap<Address, PrivateKeySigner>,
    /// Who brings to the chain what they sign: anybody.
    context: Context,
}

impl Probers {
    /// Takes their seats, and waits for the day on which they count.
    pub async fn start(world: &World) -> Result<Self> {
        let mut keys = BTreeMap::new();
        for number in 0..COUNT {
            let name = format!("prober {number}");
            let actor = world.actor(&name).await?;
            let endpoint = format!("https://prober-{number}.example");
            prober::register(&actor.context, number % REGIONS, 1, &endpoint).await?;
            keys.insert(actor.address, key(&name)?);
        }
        let patron = world.actor("patron").await?;
        prober::fund(&patron.context, patron.units(POT)?).await?;
        world.advance(days(1)).await?;
        let probers = Self { keys, context: world.keeper.context.clone() };
        probers.open_day().await?;
        Ok(probers)
    }

    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.keys.keys().copied()
    }

    /// Fixes the seats and the seed of the running day.
    pub async fn open_day(&self) -> Result<()> {
        self.context.send(self.context.at().probers, IProbers::openDayCall {}).await?;
        Ok(())
    }

    /// Who probes a deal on the day of `at`.
    pub async fn drawn(&self, deal: DealId, at: u64) -> Result<Vec<Address>> {
        let day = u32::try_from(at / DAY)?;
        self.context.view(self.context.at().probers, IProbers::drawOfCall { deal: deal.0, day }).await
    }

    /// The words of just enough of them, all about the same moment.
    pub async fn statements(
        &self,
        deal: DealId,
        slot: u8,
        serving: u32,
        is_up: bool,
        at: u64,
    ) -> Result<Vec<Statement>> {
        let target = Target { deal, slot, serving };
        let quorum = self.context.view(self.context.at().probers, IProbers::rulesCall {}).await?.quorum;
        let drawn = self.drawn(deal, at).await?;
        ensure!(drawn.len() >= usize::from(quorum), "only {} probers are drawn", drawn.len());
        let domain = statement::domain(&self.context);
        let signed = drawn.iter().take(usize::from(quorum)).map(|prober| {
            let key = self.keys.get(prober).context("somebody else is drawn")?;
            Statement::sign(domain, key, target, is_up, at)
        });
        signed.collect()
    }

    /// Brings the quorum's words about the running serving at `at`.
    pub async fn report(&self, deal: DealId, slot: u8, is_up: bool, at: u64) -> Result<Sent> {
        let call = contracts::Deals::slotOfCall { deal: deal.0, slot };
        let serving = self.context.view(self.context.at().deals, call).await?.serving;
        self.report_serving(deal, slot, serving, is_up, at).await
    }

    pub async fn report_serving(&self, deal: DealId, slot: u8, serving: u32, is_up: bool, at: u64) -> Result<Sent> {
        let statements = self.statements(deal, slot, serving, is_up, at).await?;
        let call = IFaults::reportCall {
            deal: deal.0,
            slot,
            serving,
            isUp: is_up,
            at: statements.iter().map(|statement| U40::from(statement.at)).collect(),
            signatures: statements.into_iter().map(|statement| statement.signature).collect(),
        };
        self.context.send(self.context.at().faults, call).await
    }

    /// The signatures of just enough of the panel that was drawn for `fault` on `day`.
    pub async fn verdicts(&self, fault: u64, day: u32, is_guilty: bool) -> Result<Vec<Bytes>> {
        let probers = self.context.at().probers;
        let quorum = self.context.view(probers, IProbers::rulesCall {}).await?.panelQuorum;
        let panel = self.context.view(probers, IProbers::panelOfCall { fault, day }).await?;
        ensure!(panel.len() >= usize::from(quorum), "only {} probers are drawn", panel.len());
        let digest = statement::verdict_digest(statement::domain(&self.context), fault, is_guilty);
        let signed = panel.iter().take(usize::from(quorum)).map(|prober| {
            let key = self.keys.get(prober).context("somebody else is drawn")?;
            Ok(Bytes::from(key.sign_hash_sync(&digest)?.as_bytes()))
        });
        signed.collect()
    }
}
