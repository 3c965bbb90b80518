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
    deals: Deals,
    development_feed: DevelopmentFeed,
    development_flt: DevelopmentFlt,
    development_usd: DevelopmentUsd,
    duties: Duties,
    equi_x: EquiX,
    equihash: Equihash,
    extension: Extension,
    governance: Governance,
    i_attributes: IAttributes,
    i_deals: IDeals,
    i_matching: IMatching,
    i_offers: IOffers,
    i_price_guard: IPriceGuard,
    i_staking: IStaking,
    i_work_verifier: IWorkVerifier,
    matching: Matching,
    offers: Offers,
    price_guard: PriceGuard,
    staking: Staking,
    timelock: Timelock,
}
