//! What gateways sign is paid, authors are paid of it, jobs are shown; and the indexer's numbers are the contracts'.

use alloy::primitives::aliases::{U40, U96};
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;
use anyhow::Result;
use contracts::vouchers::IVouchers;
use contracts::{IReceipts, Matching, Modules, Proofs, Vouchers};
use scripts::customer;
use scripts::ids::DealId;
use scripts::{keeper, offer};
use serde_json::Value;
use sqlx::PgPool;
use tests::actors::{Customer, Provider, key};
use tests::chain::days;
use tests::world::World;

/// What a customer asks for to be paid for and shown.
const METERED: u8 = 1;
const RECEIPTS: u8 = 1;
const TERM_DAYS: u8 = 7;

/// A metered deal that Paula serves, with modules of Ann's, and a gateway of Carol's.
pub(crate) struct Usage {
    pub(crate) paula: Provider,
    carol: Customer,
    gateway: PrivateKeySigner,
    pub(crate) deal: DealId,
}

impl Usage {
    pub(crate) async fn start(world: &World) -> Result<Self> {
        let paula = world.provider("petra").await?;
        paula.stake("100000").await?;
        let terms = offer::Terms::new(0, 100, paula.units("1")?);
        let offer = paula.offer_with(&offer::Terms { payment_modes: 3, proof_kinds: 3, ..terms }).await?;
        let carol = world.customer("cora").await?;
        let modules = publish(world).await?;
        let deal = open(&carol, modules).await?;
        customer::choose(&carol.context, deal, &[offer]).await?;
        customer::activate(&carol.context, deal).await?;
        paula.ready(deal, 0).await?;
        let gateway = key("a gateway")?;
        let cap = U96::from(carol.units("50")?);
        let set = Vouchers::setGatewayCall { customer: carol.address, gateway: gateway.address(), dailyCap: cap };
        carol.context.send(carol.context.at().vouchers, set).await?;
        Ok(Self { paula, carol, gateway, deal })
    }

    /// A voucher over so much in all, redeemed by the provider.
    pub(crate) async fn redeem(&self, amount: &str, invocations: u64) -> Result<()> {
        let context = &self.paula.context;
        let until = U40::from(context.now().await?);
        let voucher = IVouchers::Voucher {
            deal: self.deal.0,
            slot: 0,
            serving: 1,
            provider: self.paula.address,
            amount: self.paula.units(amount)?,
            invocations,
            from: until - U40::from(3_600),
            until,
            usageRoot: keccak256(amount),
        };
        let vouchers = context.at().vouchers;
        let digest = context.view(vouchers, Vouchers::digestOfCall { voucher: voucher.clone() }).await?;
        let signature = Bytes::from(self.gateway.sign_hash_sync(&digest)?.as_bytes().to_vec());
        let (customer, gateway) = (self.carol.address, self.gateway.address());
        context.send(vouchers, Vouchers::redeemCall { voucher, customer, gateway, signature }).await?;
        Ok(())
    }

    pub(crate) async fn pay_royalties(&self) -> Result<()> {
        let context = &self.paula.context;
        context.send(context.at().modules, Modules::payCall { deal: self.deal.0 }).await?;
        Ok(())
    }

    pub(crate) async fn ask(&self, input_root: B256) -> Result<Proofs::JobAsked> {
        let context = &self.paula.context;
        let call = Proofs::askCall { deal: self.deal.0, slot: 0, inputRoot: input_root };
        context.send(context.at().proofs, call).await?.event()
    }

    /// Gateway and provider sign the same.
    pub(crate) async fn prove(&self, asked: &Proofs::JobAsked, output_root: B256) -> Result<()> {
        let context = &self.paula.context;
        let job = scripts::proof::job_of(asked);
        let at = context.at();
        let call = Proofs::statementOfCall { job: job.clone(), outputRoot: output_root };
        let statement = context.view(at.proofs, call).await?;
        let digest = context.view(at.receipts, IReceipts::digestOfCall { statement }).await?;
        let provider = key("petra")?;
        let signed = |signer: &PrivateKeySigner| signer.sign_hash_sync(&digest).map(|signature| signature.as_bytes());
        let (by_gateway, by_provider) = (signed(&self.gateway)?, signed(&provider)?);
        let length = u16::try_from(by_gateway.len())?.to_be_bytes();
        let signers: [Address; 2] = [self.gateway.address(), provider.address()];
        let proof = [signers[0].as_slice(), signers[1].as_slice(), &length, &by_gateway, &by_provider].concat();
        let call = Proofs::proveCall { job: asked.job, asked: job, outputRoot: output_root, proof: proof.into() };
        context.send(at.proofs, call).await?;
        Ok(())
    }

    pub(crate) async fn revoke(&self) -> Result<()> {
        let (customer, gateway) = (self.carol.address, self.gateway.address());
        let call = Vouchers::revokeGatewayCall { customer, gateway };
        self.carol.context.send(self.carol.context.at().vouchers, call).await?;
        Ok(())
    }
}

/// Two modules of Ann's, of which one gets dearer for deals to come.
async fn publish(world: &World) -> Result<Vec<B256>> {
    let ann = world.party("ann").await?;
    let modules = [keccak256("hash"), keccak256("resize")];
    let at = ann.context.at().modules;
    for module in modules {
        let royalty = U96::from(ann.units("0.05")?);
        let call = Modules::publishCall { module, royalty, uri: format!("ipfs://{module}") };
        ann.context.send(at, call).await?;
    }
    let royalty = U96::from(ann.units("0.07")?);
    ann.context.send(at, Modules::setRoyaltyCall { module: modules[0], royalty }).await?;
    Ok(modules.to_vec())
}

/// Ten units for which usage is paid, with receipts as proofs.
async fn open(carol: &Customer, modules: Vec<B256>) -> Result<DealId> {
    let context = &carol.context;
    let prepaid = carol.units("300")?;
    let fee = context.view(context.at().matching, Matching::requestFeeCall {}).await?;
    context.allow(context.at().stablecoin, context.at().deals, prepaid + fee).await?;
    let among = contracts::matching::IMatching::Among {
        regions: alloy::primitives::U256::ZERO,
        isAllowlist: false,
        providers: Vec::new(),
    };
    let request = contracts::matching::IMatching::Request {
        application: "bafy-metered".to_owned(),
        class: 0,
        units: 10,
        slots: 1,
        priceMax: U96::from(carol.units("2")?),
        termDays: TERM_DAYS,
        durationDays: 28,
        among,
        firstLossMinBps: 1_000,
        coverageBps: 30_000,
        exposure: 0,
        proofKind: RECEIPTS,
        paymentMode: METERED,
        notice: 0,
        expiry: U40::from(context.now().await? + 86_400),
        resolver: Address::ZERO,
        criteria: Vec::new(),
        prepaid,
        standbys: 0,
        reserveBps: 2_000,
        availabilityPpm: 0,
        tip: 0,
        modules,
        verificationKey: B256::ZERO,
    };
    let call = Matching::requestCall { newRequest: request };
    let opened: Matching::RequestOpened = context.send(context.at().matching, call).await?.event()?;
    Ok(DealId(opened.deal))
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn usage_is_paid_once_and_every_number_of_it_is_the_contracts(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let usage = Usage::start(&world).await?;
    world.advance(days(1)).await?;
    usage.redeem("20", 1_000).await?;
    keeper::settle(&world.keeper.context, &[(usage.deal, 0)]).await?;
    usage.pay_royalties().await?;
    // The day's cap is 50: the rest waits for tomorrow.
    usage.redeem("80", 5_000).await?;
    world.synced().await?;
    let slot = world.get("/v1/deals/1/slots").await?;
    assert_eq!(slot.text("/items/0/accrued_usd")?, "50");
    assert_eq!(slot.text("/items/0/creditable_usd")?, "30");
    assert_eq!(slot.text("/items/0/signed_usd")?, "80");
    let path = format!("/v1/customers/{}/gateways", usage.carol.address);
    assert_eq!(world.get(&path).await?.text("/items/0/allowance_usd")?, "0");
    world.audit().await?;

    world.advance(days(1)).await?;
    assert_eq!(world.get(&path).await?.text("/items/0/redeemed_usd")?, "50");
    usage.redeem("80", 5_000).await?;
    usage.revoke().await?;
    world.audit().await?;
    world.advance(days(2)).await?;
    world.audit().await?;
    world.finish().await
}

/// What the bundle says is what the chain says, field by field.
#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_attestation_says_what_the_chain_keeps(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let usage = Usage::start(&world).await?;
    let asked = usage.ask(keccak256("input")).await?;
    let waiting = usage.ask(keccak256("another input")).await?;
    world.advance(days(1)).await?;
    usage.prove(&asked, keccak256("output")).await?;
    world.synced().await?;
    let at = world.operator.context.at();
    for (job, verdict) in [(asked.job, "agreed"), (waiting.job, "none")] {
        let bundle = world.get(&format!("/v1/attestations/{job}")).await?;
        let kept = world.operator.context.view(at.proofs, Proofs::hashOfCall { job }).await?;
        assert_eq!(bundle.text("/check/answer")?, kept.to_string());
        assert_eq!(bundle.text("/check/contract")?, at.proofs.to_string());
        assert_eq!(bundle.text("/verdict")?, verdict);
    }
    let network: Value = world.get("/v1/network").await?.body;
    assert_eq!((&network["jobs"], &network["attestations"]), (&2.into(), &1.into()));
    world.audit().await?;
    world.advance(days(8)).await?;
    world.synced().await?;
    let lapsed = world.get("/v1/deals/1/proofs?status=lapsed").await?;
    assert_eq!(lapsed.body["total"], 1);
    world.finish().await
}
