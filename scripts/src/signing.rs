//! What parties sign and do not send; it is part of `metering`, so that who checks a voucher needs nothing of ours but that.

pub use metering::signing::{Domain, signer_of};
