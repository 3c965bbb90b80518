//! Hints for errors of vouchers and modules; what the placeholders mean is said in `hints`.

pub(super) const HINTS: &[(&str, &str)] = &[
    (
        "CapReached",
        "Gateway {gateway} signs for at most {dailyCap:usd} a day (UTC), and that was paid today: redeem the rest tomorrow, or ask \
         the customer for a higher cap.",
    ),
    ("CapZero", "A gateway signs for something each day: to end it, revoke it."),
    (
        "EscrowUsedUp",
        "The escrow of slot {slot} of deal {deal} is used up: the voucher stays good, and anyone can pay in with \
         `surety customer fund`.",
    ),
    (
        "GatewayRevoked",
        "{customer} revoked gateway {gateway} at {revokedAt:time}: what it signed could be redeemed for a day after.",
    ),
    ("GatewayUnknown", "{gateway} is no gateway of {customer}: `surety customer gateway` registers it."),
    ("GatewayZero", "Name the gateway by its address."),
    ("ModuleKnown", "{author} published module {module} before."),
    ("ModuleTwice", "Module {module} is named twice: each is paid once."),
    ("ModuleZero", "A module is named by the keccak256 of its content, which is never zero."),
    ("ModulesTooMany", "A deal names at most {most} modules, not {count}."),
    ("NotAuthor", "{author} published the module, and alone sets its royalty."),
    ("NotMetered", "Slot {slot} of deal {deal} is no metered slot of {customer}."),
    ("NotModules", "Only `Modules` may call this."),
    ("NotVouchers", "Only `Vouchers` may call this."),
    ("NothingDue", "No royalties of deal {deal} wait for their authors."),
    ("PeriodInvalid", "The voucher's period, {from:time} to {until:time}, ends before it begins or in the future."),
    (
        "PriceTooLow",
        "A price above zero is at least {need} smallest units per unit-day, not {price}: what is less is rounded far up.",
    ),
    (
        "RedeemedAlready",
        "Serving {serving} of slot {slot} of deal {deal} was paid {amount:usd}, and the voucher is for no more.",
    ),
    ("RedeemedTooHigh", "What the serving was paid, {redeemed:usd}, is more than the contract can hold."),
    (
        "RedemptionOver",
        "Serving {serving} of slot {slot} of deal {deal} ended more than a day ago: vouchers are redeemed within a day.",
    ),
    (
        "RoyaltyTooHigh",
        "The royalties, {royalty} smallest units per unit-day, leave nothing for a provider, or are more than any can be.",
    ),
    ("ServingWrong", "Serving {serving} of slot {slot} of deal {deal} is not of the provider that the voucher names."),
    ("UriTooLong", "A module's address has at most 256 bytes, not {length}."),
    ("UsageTooLate", "The usage ended at {until:time}: that is yet to come, or after the serving's end."),
];
