//! One binding per contract, each in a module of its own because two `sol!` in one module clash over shared types.
//! Every contract under `src` that is neither an interface nor a library is listed here, and nothing else is written here.

macro_rules! bind {
    ($($module:ident: $contract:ident,)*) => {$(
        pub mod $module {
            alloy::sol!(
                #[sol(rpc)]
                #[derive(Debug, PartialEq, Eq)]
                $contract,
                concat!(env!("OUT_DIR"), "/artifacts/", stringify!($contract), ".sol/", stringify!($contract), ".json")
            );
        }
        pub use $module::$contract;
    )*};
}

bind! {
    development_flt: DevelopmentFlt,
    development_usd: DevelopmentUsd,
    i_attributes: IAttributes,
    i_deals: IDeals,
    i_matching: IMatching,
    i_offers: IOffers,
    i_price_guard: IPriceGuard,
    i_staking: IStaking,
}
