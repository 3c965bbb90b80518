//! One line per contract error: what it means for whoever reads it, and what to do next.
//!
//! `{arg}` is replaced by the error's argument, `{arg:flt}`, `{arg:usd}`, `{arg:time}` and `{arg:percent}` by the argument as people
//! write such a thing. Where two contracts share a name, its hint names only what both have.

use super::{Argument, computation, succession, usage};
use crate::amount::{FLT_DECIMALS, percent, whole};
use crate::time::timestamp;

pub(super) fn hint(name: &str, args: &[Argument], stablecoin_decimals: u8) -> Option<String> {
    Some(fill(template(name)?, args, stablecoin_decimals))
}

/// With its placeholders.
pub(super) fn template(name: &str) -> Option<&'static str> {
    let exact = all().find(|(known, _)| *known == name);
    Some(exact.or_else(|| FAMILIES.iter().find(|(prefix, _)| name.starts_with(prefix)))?.1)
}

fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    HINTS.iter().chain(succession::HINTS).chain(usage::HINTS).chain(computation::HINTS)
}

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|(name, _)| *name)
}

fn fill(template: &str, args: &[Argument], stablecoin_decimals: u8) -> String {
    let mut text = template.to_owned();
    for Argument { name, value } in args {
        let units: Option<u128> = value.parse().ok();
        let seconds = || u64::try_from(units?).ok();
        let shown = [
            (format!("{{{name}}}"), Some(value.clone())),
            (format!("{{{name}:flt}}"), units.map(|units| whole(units, FLT_DECIMALS))),
            (format!("{{{name}:usd}}"), units.map(|units| whole(units, stablecoin_decimals))),
            (format!("{{{name}:percent}}"), seconds().map(percent)),
            (format!("{{{name}:time}}"), seconds().map(timestamp)),
        ];
        for (placeholder, shown) in shown {
            text = text.replace(&placeholder, shown.as_deref().unwrap_or(value));
        }
    }
    text
}

/// Errors of libraries, by the prefix of their names.
const FAMILIES: &[(&str, &str)] = &[
    (
        "AccessControl",
        "This account has no such role in the timelock: the council proposes, anyone executes after the delay.",
    ),
    (
        "AccessManage",
        "Governance alone may do this: the council schedules it in the parameter timelock, anyone executes it later.",
    ),
    ("ECDSA", "The signature is malformed."),
    ("ERC20Permit", "The permit is not signed by the owner of the tokens."),
    ("ERC2612", "The permit has expired or is not signed by the owner of the tokens."),
    ("Ownable", "Only the owner of this development contract may do this."),
    ("SafeCast", "A number is larger than the contract can hold."),
    ("Timelock", "The timelock is not ready for this: check the operation's delay and who proposed it."),
];

const HINTS: &[(&str, &str)] = &[
    (
        "AccountBlocked",
        "The stablecoin has blocked {account}: claim to another address, registered as a payee three days before.",
    ),
    ("AddressEmptyCode", "There is no contract at {target}."),
    ("AmountTooLarge", "{amount} smallest units are more than the contract can hold."),
    ("AmountZero", "There is nothing to move: give an amount above zero."),
    ("AnnouncementKnown", "This conviction was announced already: reveal it."),
    ("AnnouncementTooYoung", "A conviction is revealed from block {firstBlock} on, two blocks after it was announced."),
    ("AnnouncementUnknown", "A conviction is announced first, by whoever reveals it, with the same salt."),
    ("AnswerNotLate", "The leaf is due until {deadline:time}: nobody is convicted for it before."),
    ("ApplicationInvalid", "Name the application by its content id, such as an IPFS CID."),
    ("ApproveFailed", "The token refused the approval."),
    (
        "AttestedByOther",
        "Attester {attester} said that before, and it still counts: wait for it to expire, or ask for it to be revoked.",
    ),
    ("AttestationUnknown", "Nobody has attested attribute {attribute} of {subject} at level {level}."),
    ("AttributeInvalid", "Attributes are named or numbered 1 to 511; regions are `region:0` to `region:255`."),
    ("AuditUnknown", "No leaf of window {window} of commitment {commitment} is asked for."),
    ("AvailabilityOutOfRange", "Declared availability is 50 to 100 %."),
    (
        "BackingTooLarge",
        "A lock over offer {offer} for {value:usd} at stake is more than the contracts can count: ask for less.",
    ),
    (
        "BitmapWrong",
        "The bitmap is not the one that was committed, or has {length} bytes instead of {need}, one for each unit.",
    ),
    ("BoundsWrong", "The largest pool, {maximum:flt} FLT, is above zero and not below the least, {minimum:flt} FLT."),
    ("BpsTooHigh", "A share is at most 100 %."),
    (
        "BudgetSpent",
        "The customers of attester {attester} did more work that day than its lock answers for: it can secure more.",
    ),
    ("ChallengeOver", "Leaves of window {window} could be demanded and convicted until {endedAt:time}."),
    (
        "ChallengesOpen",
        "{open} leaves of commitment {commitment} are asked for: show them, or convict it when they are overdue.",
    ),
    ("ClaimUnknown", "Commitment {commitment} made no such claim of window {window}."),
    ("ClassKnown", "Class {class} exists: schedule another verifier for it instead."),
    ("ClassUnknown", "Classes are cpu and gpu."),
    ("ClassesTooMany", "There are at most {most} classes."),
    ("CollateralZero", "A unit locks something: give a collateral above zero."),
    (
        "CommitTooLate",
        "It is too late to commit: windows are due ten minutes after their end, samples seven days after the job was asked for.",
    ),
    ("CommitmentConvictedAlready", "Commitment {commitment} was convicted."),
    (
        "CommitmentNotLive",
        "Commitment {commitment} does not prove on day {epoch} since 1970: it begins later or has ended.",
    ),
    ("CommitmentUnknown", "There is no commitment {commitment}: `surety operator status` says how many there are."),
    ("CommittedAlready", "Commitment {commitment} claimed window {window} already; a claim is final."),
    (
        "CostTooHigh",
        "The lot costs {cost:flt} FLT now, more than {most:flt}: wait for its price to fall, or offer more.",
    ),
    ("CoverageOutOfRange", "Coverage is 2.0 to 5.0 times the value at stake."),
    (
        "CureRunning",
        "The provider may cure the margin call until {until:time}; the clock stands still while the price is stale.",
    ),
    ("DealOver", "Every slot of deal {deal} has ended: take what is left with `surety customer refund {deal}`."),
    ("DealRunning", "Slots of deal {deal} have not ended: stop it and wait for its notice, then ask again."),
    ("DealStopped", "The customer stopped deal {deal}: it ends after its notice and is not renewed."),
    ("DealUnknown", "There is no deal {deal}: `surety operator status` says how many there are."),
    ("DecimalsUnsupported", "The development stablecoin has 6 or 18 decimals."),
    (
        "DelegationCapExceeded",
        "The provider accepts {cap:flt} FLT of delegation; with yours it would be {delegated:flt}.",
    ),
    (
        "DemandNotAttested",
        "Nobody who has stake for his word vouches for customer {customer}: its work is rewarded for burned fees alone.",
    ),
    ("DemandAnswered", "Leaf {position} of window {window} of commitment {commitment} was delivered before."),
    ("DemandOpen", "Leaf {position} of window {window} of commitment {commitment} is demanded already."),
    ("DemandUnknown", "Nobody demands leaf {position} of window {window} of commitment {commitment}."),
    ("DemandsTooMany", "At most {most} leaves of a window are demanded at a time: wait for an answer."),
    (
        "DepositTooLow",
        "A demand is sent with {need} wei, which pay for the answer at this block's base fee, not with {have}.",
    ),
    ("DepositsPaused", "The guardian paused deposits until {until:time}. Exits and withdrawals are never paused."),
    ("DrawTooEarly", "A draw needs the block four after the commit: try again a few blocks later."),
    ("DrawTooLate", "It can no longer be drawn: an undrawn claim earns nothing, an undrawn sample is unproven."),
    ("DrawnAlready", "The claim of window {window} of commitment {commitment} was drawn."),
    ("DripOutOfRange", "Income drips over 1 to 182 days."),
    ("DurationOutOfRange", "The total duration is at least one term and at most 3,650 days."),
    ("DurationOver", "Deal {deal} has reached its total duration: open another one to go on."),
    (
        "ERC20InsufficientAllowance",
        "The token was not approved for {needed} smallest units: run the command again, it approves first.",
    ),
    (
        "ERC20InsufficientBalance",
        "{sender} holds {balance} smallest units of the token and needs {needed}: fund the account first.",
    ),
    ("ERC20InvalidApprover", "The zero address holds no tokens."),
    ("ERC20InvalidReceiver", "The zero address receives no tokens."),
    ("ERC20InvalidSender", "The zero address sends no tokens."),
    ("ERC20InvalidSpender", "The zero address spends no tokens."),
    ("EndpointTooLong", "An endpoint has at most 256 bytes."),
    ("EpochNotFinal", "Day {epoch} since 1970 can be credited from {finalAt:time} on, three hours after its end."),
    ("EpochNotNext", "The next day to credit of commitment {commitment} is {next} since 1970, not {epoch}."),
    ("EpochNotOver", "What day {epoch} since 1970 left over can be swept from {sweptFrom:time} on."),
    ("EscrowTooHigh", "The escrow of a slot would hold {escrow:usd}, more than the contracts can count: pay less."),
    ("EscrowTooLow", "The escrow holds {have:usd} and needs {need:usd}: add to it with `surety customer fund`."),
    ("EtherRefused", "{recipient} refused the ether: name another recipient."),
    ("ExcusalTooEarly", "Day {epoch} since 1970 is not over, or the commitment does not prove on it."),
    ("ExcusalTooLarge", "All of the commitment's units are excused that day already: {most} millionths of a unit."),
    ("ExcusalTooLate", "Work of day {epoch} since 1970 could be excused until {deadline:time}."),
    ("ExpiryPassed", "The expiry {expiry:time} lies in the past."),
    ("ExpiryTooLate", "The expiry {expiry:time} is later than {latest:time}, the latest that is allowed."),
    ("ExposureUnknown", "Exposures are remaining, term and whole."),
    ("FailedCall", "A call inside the contract failed without a reason."),
    (
        "FeeNotBurned",
        "{sold:usd} of fees have been sold in all, and its own are not among them: see `surety keeper lot`.",
    ),
    ("FeeTooHigh", "The fee is above the most that the contract allows."),
    ("FillingOver", "The slots of deal {deal} could be filled until {expiry:time}: open another deal."),
    (
        "FirstLossLowered",
        "The provider's first loss is {haveBps:percent} % and the deal asks for {needBps:percent} %: the slot ends with its term.",
    ),
    (
        "FirstLossBelowSlash",
        "Who pledges promises a first loss of {needBps:percent} at least, and this is {haveBps:percent}: see `surety provider terms`.",
    ),
    ("FirstLossOutOfRange", "A first loss is at most 100 %."),
    (
        "FirstLossTooLow",
        "The provider's own stake is {have:flt} FLT and its first loss needs {need:flt}: stake more of its own.",
    ),
    ("FullMulDivFailed", "A number is larger than the contract can hold."),
    (
        "FundsTooLow",
        "Rewards holds {have:flt} FLT of free funds and needs {need:flt}: `surety operator fund-rewards` adds to them.",
    ),
    ("GasTooLow", "Send the transaction with more gas: {need} are needed to read the price."),
    (
        "HealthSufficient",
        "Health is {healthBps:percent} %, and {maintainedBps:percent} % is enough: no reason for a margin call, nor to leave on one.",
    ),
    ("HealthTooLow", "Health is {healthBps:percent} % and must be {maintainedBps:percent} %: top the lock up further."),
    ("HeartbeatOutOfRange", "A heartbeat is 1 second to 2 days."),
    ("InsufficientBalance", "A contract holds {balance} and needs {needed}."),
    ("InvalidAccountNonce", "The permit was used already."),
    ("InvalidShortString", "A name is too long."),
    ("LeafInvalid", "Leaf {position} is no valid work, so it is no answer."),
    ("LeafValid", "Leaf {position} is valid work: nobody is convicted for it."),
    ("LeafWrong", "Leaf {position} is not in the claimed tree, or not the one that is asked for."),
    ("LengthsDiffer", "Give as many of the one as of the other."),
    ("LevelInvalid", "Levels are declared (1), attested (2) and audited (3); attesters give the last two."),
    ("ListTooLong", "The list has {length} entries, and at most {most} are allowed."),
    ("LockEndPassed", "The end {end:time} of the lock lies in the past."),
    ("LockEndTooLate", "A lock ends at {latest:time} at the latest, so that exits mature after it."),
    ("LockNotEnded", "Lock {lock} holds until {end:time}; after that anyone may release it."),
    ("LockUnknown", "There is no lock {lock}, or it was released."),
    ("LocksPaused", "The guardian paused locks of new deals until {until:time}. Renewals and top-ups go on."),
    ("LotTooSmall", "{have:usd} of fees are for sale, and {need:usd} were asked for."),
    ("MarginCalled", "Slot {slot} of deal {deal} has a margin call already: cure it with `surety provider top-up`."),
    ("MarginNotCalled", "Slot {slot} of deal {deal} has no margin call."),
    ("ModuleListed", "Module {module} is in the list already."),
    ("ModuleUnknown", "Nobody published module {module}, or it is not in the list of Staking."),
    ("MulDivFailed", "A number is larger than the contract can hold."),
    ("NameTooLong", "A name has at most 64 bytes."),
    ("NotAllowed", "{caller} neither is the account nor holds a live key of it with the role that this needs."),
    ("NotAttester", "{caller} is not a listed attester, or did not make this attestation."),
    ("NotCapacity", "Only Capacity may do this."),
    ("NotCouncil", "Only the council's timelock may do this."),
    ("NotGuardian", "Only the guardian may pause."),
    ("NotLockModule", "Only the module that granted lock {lock} may change it before it ends."),
    ("NotMatching", "Only Matching may do this."),
    ("NotModule", "{caller} is not a module with the role that this needs."),
    (
        "NotPayee",
        "{to} is not {account} nor its payee: register it with `surety provider payee add` and wait three days.",
    ),
    ("NotPoster", "{caller} may not post prices to this development feed."),
    ("NotRegistered", "{provider} is not a provider: `surety provider register` makes it one."),
    ("NotRewards", "Only Rewards may do this."),
    (
        "NotServed",
        "Slot {slot} of deal {deal} was not served by this provider on day {epoch} since 1970, or not with units of this class.",
    ),
    ("NotSlasher", "{caller} is not the slasher that lock {lock} was granted with."),
    ("NotTreasury", "{caller} is not the treasury."),
    ("NothingFilled", "The bitmap claims no puzzle: there is nothing to commit."),
    (
        "NothingRecorded",
        "No fee of slot {slot} of deal {deal} waits: `surety keeper record-fee {deal} {slot}` notes it.",
    ),
    ("NothingToClaim", "{account} has no ether of demands."),
    ("NothingToFill", "No slot of deal {deal} waits for a provider."),
    ("NoticeTooLate", "Non-renewal could be announced until {latest:time}; it then counts for the next term."),
    ("NoticeTooLong", "A notice is at most 14 days."),
    ("OfferGone", "Offer {offer} was removed."),
    (
        "OfferRefused",
        "Offer {offer} does not meet the request, reason {reason}: `surety customer reasons` explains it.",
    ),
    ("OfferUnknown", "There is no offer {offer}."),
    ("OffersCountWrong", "{need} slots wait for a provider, and {have} offers were named: name one offer for each."),
    ("ParametersUnsupported", "This verifier does not know Equihash({n}, {k})."),
    ("PauseTooSoon", "The guardian may pause once in 30 days, next at {next:time}."),
    ("PaymentModeUnknown", "Payment modes are reserved and metered."),
    ("PaymentModesInvalid", "An offer accepts at least one payment mode."),
    ("PledgesPaused", "The guardian paused new commitments until {until:time}. Renewals and answers go on."),
    ("PositionNotClaimed", "The bitmap does not claim puzzle {position}."),
    (
        "PositionTooSmall",
        "A position is zero or at least {minimum:flt} FLT, and this one would be {amount:flt}: exit `all` instead.",
    ),
    ("PrepaidTooLow", "One term of all slots at the highest price costs {need:usd}, and {have:usd} would be prepaid."),
    (
        "PriceStale",
        "The FLT price is stale, so no stake can be valued: wait for fresh sources, then `surety keeper observe`.",
    ),
    ("PriceTooHigh", "A price is at most 1e24 smallest units of the stablecoin."),
    ("PriceZero", "A price is above zero."),
    (
        "ProofInvalid",
        "The proof does not prove this: a Merkle proof leads to its root, a job's proof is of its statement and key.",
    ),
    ("ProofKindUnknown", "Proof kinds are none, receipts, sampled, groth16 and optimistic."),
    ("ProofKindsInvalid", "An offer accepts at least one proof kind."),
    (
        "ProposalNotCheaper",
        "The proposal costs {price} a day and the best so far {best}: only a cheaper one replaces it.",
    ),
    ("ProposalUnknown", "Nobody has proposed offers for deal {deal}: `surety customer choose {deal} --offers ...`."),
    ("ProviderLocked", "The provider has {locked:flt} FLT locked: its orphan reserve answers for that first."),
    ("ProviderTwice", "{provider} would serve two slots of the deal, but replicas are independent of each other."),
    ("QuarantineOver", "The quarantine ended at {releaseAt:time}: the payout can no longer be cancelled."),
    ("QuarantineRunning", "The slash stays in quarantine until {releaseAt:time}."),
    ("QuarantineUnknown", "There is no quarantine {quarantine}, or it was paid or cancelled."),
    ("ReadyNotLate", "The provider has until {deadline:time} to be ready; it alone may decline before that."),
    ("ReadyTooLate", "`ready` was due at {deadline:time}: the slot will be given to another provider."),
    ("RenewalNotOpen", "The renewal opens at {opensAt:time}, in the last day of the term."),
    ("RenewalOver", "The term is over: a slot can only be closed, and units pledged anew."),
    ("RenewalRefused", "The provider announced that it will not renew slot {slot} of deal {deal}."),
    (
        "RequestActivated",
        "A slot of deal {deal} was given to a provider, so it can no longer be cancelled: stop it instead.",
    ),
    ("RequestOver", "Request {deal} was cancelled or has lapsed: open another one."),
    ("RequestUnknown", "There is no request {deal}."),
    ("RequestsPaused", "The guardian paused new requests until {until:time}. Deals that run go on."),
    ("RewardNotDue", "The reward of commitment {commitment} is paid from {dueAt:time} on."),
    ("RewardUnknown", "Commitment {commitment} has no reward that waits."),
    ("SafeERC20FailedOperation", "The token refused the transfer."),
    ("SecurityShrinks", "The attester's lock holds {have:flt} FLT and cannot shrink to {asked:flt} while it runs."),
    (
        "SecurityTooLow",
        "Who vouches has {need:flt} FLT locked for it, and there are {have:flt}: `surety attester register` does it.",
    ),
    (
        "SeedWrong",
        "The work was done for the seed {have}, and window {window} has {need}: a reorganisation changed it.",
    ),
    ("SharesTooLow", "The position has {have} shares, fewer than the {need} to exit: exit `all` instead."),
    ("SharesZero", "The amount is too small to be worth a share."),
    (
        "SlotNotOver",
        "Slot {slot} of deal {deal} is running: it can be closed after its term, its notice, or an hour without funds.",
    ),
    (
        "SlotStatusWrong",
        "Slot {slot} of deal {deal} has status {status} (0 empty, 1 assigned, 2 serving, 3 ended), which does not allow this.",
    ),
    ("SlotUnknown", "Deal {deal} has no slot {slot}: slots count from 0."),
    ("SlotsOutOfRange", "A deal has 1 to 16 slots."),
    ("SourceInvalid", "{aggregator} is not a price source that can be read, or it is named twice."),
    ("SourcesTooFew", "Two price sources are needed at least, and {have} were named."),
    ("SourcesTooMany", "At most {most} price sources can be read, and {have} were named."),
    (
        "StakeTooLow",
        "{need:flt} FLT of active stake are needed for all locks, and there are {have:flt} FLT: stake or delegate more.",
    ),
    ("StringTooLong", "A name is too long."),
    ("SweptAlready", "What nobody earned on day {epoch} since 1970 was returned already."),
    ("TargetInvalid", "A target is above zero, and low enough for a hash to miss it."),
    (
        "TargetSame",
        "{provider} is where the stake is already: name another provider, or `surety delegator cancel-exit`.",
    ),
    ("TargetUnset", "No provider was named for the exit of day {day}: name it with `surety delegator redelegate`."),
    ("TermOutOfRange", "A term has 1 to 14 days."),
    ("TicketMatured", "The exit of day {day} has matured: withdraw it."),
    ("TicketNotMatured", "The exit matures at the start of day {day} since 1970; stake thaws for 21 days."),
    ("TicketUnknown", "{account} has no exit of day {day} with {provider}: `surety delegator positions` lists them."),
    ("TokenUnknown", "Staking books FLT and the stablecoin of this deployment, and {token} is neither."),
    (
        "TransferFailed",
        "The token refused to pay: it may have blocked the recipient; claim to a registered payee instead.",
    ),
    (
        "TransferFromFailed",
        "The token refused the payment: the account holds too little of it, or the token has blocked it.",
    ),
    ("UnitsOutOfRange", "A commitment has 1 to {most} units, not {units}."),
    ("UnitsTooFew", "Offer {offer} has {have} free units, and {need} are needed."),
    ("UnitsZero", "At least one unit is needed."),
    ("VerifierInvalid", "{verifier} is no verifier of work."),
    ("VerifierNotPending", "Version {version} of class {class} acts already, or was never scheduled."),
    (
        "WindowNotOpen",
        "Nobody opened window {window}, so it counts for nobody: `surety keeper open-window` opens the running one.",
    ),
    ("WindowOpen", "Window {window} is open already."),
    ("WorkExcusedAlready", "The work of slot {slot} of deal {deal} on day {epoch} since 1970 was excused already."),
];
