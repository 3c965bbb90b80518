//! One binding per contract, each in a module of its own because two `sol!` in one module clash over shared types.
//! Every contract under `src` that is neither an interface nor a library is listed here, and nothing else is written here.

macro_rules! bind {
    ($($module:ident: $contract:ident,)*) => {
        $(
            pub mod $module {
                alloy::sol!(
                    #[sol(rpc)]
                    #[derive(Debug, PartialEq, Eq)]
                    #[allow(clippy::too_many_arguments, reason = "the contracts have as many")]
                    $contract,
                    concat!(env!("OUT_DIR"), "/abi/", stringify!($contract), ".json")
                );
            }
            pub use $module::$contract;
        )*

        /// Every contract's name with its artifact: ABI, code, and where its code has immutables.
        pub const ARTIFACTS: &[(&str, &str)] = &[
            $((stringify!($contract), include_str!(concat!(env!("OUT_DIR"), "/abi/", stringify!($contract), ".json"))),)*
        ];
    };
}

bind! {
    attributes: Attributes,
    capacity: Capacity,
    deals: Deals,
    development_feed: DevelopmentFeed,
    development_flt: DevelopmentFlt,
    development_usd: DevelopmentUsd,
    duties: Duties,
    equi_x: EquiX,
    equihash: Equihash,
    extension: Extension,
    faults: Faults,
    fee_burn: FeeBurn,
    governance: Governance,
    groth16: Groth16,
    i_attributes: IAttributes,
    i_capacity: ICapacity,
    i_deals: IDeals,
    i_faults: IFaults,
    i_fee_burn: IFeeBurn,
    i_groth16: IGroth16,
    i_job_verifier: IJobVerifier,
    i_matching: IMatching,
    i_modules: IModules,
    i_offers: IOffers,
    i_price_guard: IPriceGuard,
    i_probers: IProbers,
    i_proofs: IProofs,
    i_receipts: IReceipts,
    i_redemption: IRedemption,
    i_rewards: IRewards,
    i_sampled: ISampled,
    i_staking: IStaking,
    i_succession: ISuccession,
    i_vouchers: IVouchers,
    i_work_verifier: IWorkVerifier,
    ledger: Ledger,
    liability: Liability,
    matching: Matching,
    matching_extension: MatchingExtension,
    modules: Modules,
    offers: Offers,
    price_guard: PriceGuard,
    probers: Probers,
    proofs: Proofs,
    receipts: Receipts,
    rewards: Rewards,
    sampled: Sampled,
    staking: Staking,
    timelock: Timelock,
    verdicts: Verdicts,
    vouchers: Vouchers,
}
