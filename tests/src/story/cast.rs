//! Who plays: twelve providers in six regions, twenty delegators, and their customers.

/// Regions are numbers on chain; these are the story's names for them.
pub const REGIONS: [&str; 6] = ["Iceland", "Frankfurt", "Virginia", "Oregon", "Singapore", "São Paulo"];

/// How far a provider's word about its energy can be trusted; the levels of `Attributes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carbon {
    Unknown,
    Declared,
    Attested,
    Audited,
}

impl Carbon {
    pub fn level(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Declared => 1,
            Self::Attested => 2,
            Self::Audited => 3,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Declared => "carbon-neutral by its own word",
            Self::Attested => "carbon-neutral, attested",
            Self::Audited => "carbon-neutral, audited",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Provider {
    pub name: &'static str,
    /// Index into `REGIONS`.
    pub region: u8,
    pub units: u32,
    /// Ten-thousandths of a dollar per unit-day.
    pub price: u128,
    pub carbon: Carbon,
    pub first_loss_bps: u16,
    /// Stakers' share of stablecoin revenue.
    pub revenue_share_bps: u16,
    /// Whole FLT.
    pub own: u128,
}

#[derive(Clone, Copy, Debug)]
pub struct Delegator {
    pub name: &'static str,
    pub provider: &'static str,
    /// Whole FLT.
    pub stake: u128,
}

/// Who serves the million-dollar job: the only one that is both attested carbon-neutral and ready to lose a third first.
pub const HOST: &str = "geysir";

/// Backs the host, and leaves in the middle of the job.
pub const LEAVER: &str = "dora";

/// Opens the million-dollar job.
pub const MILLION: &str = "carol";

/// Opens the resilient job.
pub const RESILIENT: &str = "ralph";

/// Test that workloads answer, in three regions.
pub const PROBERS: [&str; 9] = ["astra", "boris", "cleo", "dario", "elin", "farid", "greta", "hugo", "iris"];

pub const PROBER_REGIONS: usize = 3;

/// Pays for what probers say.
pub const PATRON: &str = "patron";

/// Owners of the trace's functions, in turn.
pub const TRACE: [&str; 5] = ["ines", "otto", "uma", "zoe", "tom"];

/// Serves what is paid by usage, and proves a computation.
pub const METERED_HOST: &str = "hudson";

/// Pays for what ran.
pub const METERED_CUSTOMER: &str = "mira";

/// Their modules, at ten-thousandths of a dollar per unit-day.
pub const AUTHORS: [(&str, &str, u128); 5] = [
    ("ada", "resize", 300),
    ("blaise", "json", 500),
    ("arthur", "matrix", 100),
    ("cyrene", "sieve", 100),
    ("merkle", "hash", 100),
];

/// How many of them the functions of the trace run.
pub const AUTHORS_OF_TRACE: usize = 2;

/// Prove capacity beside their jobs, with so many units.
pub const PROVERS: [(&str, u16); 3] = [("fjord", 1), ("elbe", 2), ("merlion", 2)];

/// Works for a day, and then claims what it has not done.
pub const CHEATER: (&str, u16) = ("tiete", 2);

/// Looks at every leaf.
pub const WATCHER: &str = "argus";

/// Calls what anyone may call.
pub const KEEPER: &str = "keeper";

/// Receives its part of the fees.
pub const TREASURY: &str = "treasury";

/// Buys the other part for FLT.
pub const TRADER: &str = "thea";

/// Vouches for regions and energy.
pub const ATTESTER: &str = "attester";

/// What it stakes for its word, in whole FLT.
pub const SECURITY: u128 = 20_000;

pub const PROVIDERS: [Provider; 12] = [
    provider(HOST, 0, 15_000, 9_921, Carbon::Audited, 3_300, 1_500, 3_000_000),
    provider("fjord", 0, 9_000, 10_500, Carbon::Attested, 2_000, 1_000, 700_000),
    provider("elbe", 1, 14_000, 9_800, Carbon::Unknown, 1_500, 2_000, 2_100_000),
    provider("rhone", 1, 6_000, 10_200, Carbon::Attested, 2_500, 1_000, 500_000),
    provider("potomac", 2, 8_000, 9_000, Carbon::Unknown, 1_200, 2_000, 600_000),
    provider("hudson", 2, 13_000, 9_500, Carbon::Declared, 1_000, 0, 2_200_000),
    provider("columbia", 3, 16_000, 9_300, Carbon::Attested, 1_500, 2_500, 600_000),
    provider("mojave", 3, 5_000, 9_700, Carbon::Unknown, 1_000, 500, 300_000),
    provider("merlion", 4, 4_000, 11_000, Carbon::Unknown, 2_000, 1_000, 400_000),
    provider("strait", 4, 13_000, 10_000, Carbon::Declared, 3_500, 0, 300_000),
    provider("ipe", 5, 8_000, 8_800, Carbon::Attested, 1_500, 3_000, 600_000),
    provider("tiete", 5, 6_000, 8_000, Carbon::Declared, 1_000, 1_000, 200_000),
];

pub const DELEGATORS: [Delegator; 20] = [
    delegator(LEAVER, HOST, 750_000),
    delegator("abel", HOST, 750_000),
    delegator("bella", HOST, 750_000),
    delegator("chen", HOST, 750_000),
    delegator("emil", HOST, 750_000),
    delegator("fatima", HOST, 750_000),
    delegator("gustav", "potomac", 650_000),
    delegator("hana", "potomac", 650_000),
    delegator("ivo", "potomac", 650_000),
    delegator("jana", "columbia", 650_000),
    delegator("kofi", "columbia", 650_000),
    delegator("lena", "columbia", 650_000),
    delegator("mateo", "ipe", 650_000),
    delegator("nora", "ipe", 650_000),
    delegator("omar", "ipe", 650_000),
    delegator("petra", "fjord", 200_000),
    delegator("quinn", "elbe", 200_000),
    delegator("rosa", "rhone", 200_000),
    delegator("sami", "merlion", 200_000),
    delegator("tilda", "tiete", 200_000),
];

#[expect(clippy::too_many_arguments, reason = "one line a provider reads as the table that it is")]
const fn provider(
    name: &'static str,
    region: u8,
    units: u32,
    price: u128,
    carbon: Carbon,
    first_loss_bps: u16,
    revenue_share_bps: u16,
    own: u128,
) -> Provider {
    Provider { name, region, units, price, carbon, first_loss_bps, revenue_share_bps, own }
}

const fn delegator(name: &'static str, provider: &'static str, stake: u128) -> Delegator {
    Delegator { name, provider, stake }
}
