//! Hints for errors of allocation, standbys, probers and faults; what the placeholders mean is said in `hints`.

pub(super) const HINTS: &[(&str, &str)] = &[
    (
        "AlreadyFlagged",
        "Slot {slot} of deal {deal} is flagged already: within the grace it can be shown up, after it failed over.",
    ),
    ("AlreadyLeaving", "{prober} is leaving already: its stake is free seven days after its last day."),
    ("AlreadyProposed", "A slash for this failure was proposed already."),
    ("AlreadyRegistered", "{prober} has seats: leave and withdraw before taking others."),
    ("AlreadyReported", "That was told of slot {slot} of deal {deal} today: what changes nothing is told once a day."),
    ("AppealRunning", "Fault {fault} can be appealed or decided until {until:time}: execute it after that."),
    ("AppealTooLate", "Appeals ended at {closedAt:time}."),
    (
        "AvailabilityLowered",
        "Units of offer {offer} are in use at {have:percent} % declared availability: wait until they are \
         free, or make another offer.",
    ),
    (
        "AvailabilityTooLow",
        "These slots together are down more often than the target allows: choose providers with better \
         records, more slots, or other operators and regions.",
    ),
    ("BondTooHigh", "A solver's bond is at most 10,000 FLT."),
    (
        "BondTooLow",
        "{free:flt} FLT are free, and {need:flt} stand behind a proposal: deposit a bond, or take one back \
         that stands behind nothing.",
    ),
    ("CannotActivate", "Nobody's proposal is to blame, perhaps the price is stale or grants are paused: try again."),
    ("DayNotOpen", "Nobody has opened day {day} yet: run a prober, or call `openDay`."),
    ("DayOver", "Day {day} is a week ago or more: its draw cannot be repeated."),
    ("DaysDiffer", "All statements of a report are of one day."),
    ("DecisionTooLate", "Fault {fault} could be decided until {closedAt:time}: executing it dismisses it now."),
    (
        "FaultStateWrong",
        "Fault {fault} is past that: 1 is proposed, 2 appealed, 3 executed, 4 dismissed; it is {state}.",
    ),
    ("FaultUnknown", "There is no fault {fault}."),
    ("GraceRunning", "Slot {slot} of deal {deal} can be shown up until {until:time}: fail it over after that."),
    ("HeldBack", "What serving {serving} of slot {slot} of deal {deal} earned is held back until {until:time}."),
    (
        "KindUnknown",
        "There is no kind {kind} of that: faults are 1 (downtime) or 2 (abandonment), proofs 1 (receipts) to 3 (groth16).",
    ),
    ("NoFailure", "Serving {serving} of slot {slot} of deal {deal} was not failed over."),
    ("NotAbandoned", "{provider} gave notice, was shown up, or has a day since the failover to do so."),
    ("NotDown", "{provider} does not count as down."),
    ("NotDrawn", "{prober} is not drawn for this deal on the day of its statement."),
    ("NotFaults", "Only `Faults` may call this."),
    ("NotFlagged", "Slot {slot} of deal {deal} is not flagged, or its flag has run out."),
    ("NotLeaving", "{prober} has to leave first: its stake is free seven days after its last day."),
    ("NotResolver", "The deal of this fault names {resolver}, who alone decides."),
    ("NotSlot", "{slot} is a standby of deal {deal}: standbys have no margin, and nobody fails them over."),
    ("NothingToRecord", "No time served in slot {slot} of deal {deal} was credited since it was recorded last."),
    ("NoticeGivenAlready", "The provider said so already."),
    ("NoticeOver", "Notice could be given until {closedAt:time}, a day after the failover."),
    ("PlaceRefused", "Offer {offer} cannot take this place."),
    (
        "PriceTooLow",
        "2 % of {price} a unit-day would be rounded up to more: whoever stands by asks {need} of the smallest \
         units at least.",
    ),
    ("ProberUnknown", "{prober} has no seats: register first."),
    (
        "ProbersTooFew",
        "{eligible} probers could be drawn that day, and a slash needs {need}: the slot passes on, and nothing more.",
    ),
    ("ProposalStands", "A proposal for deal {deal} can still be activated."),
    ("ProposalTooEarly", "A slash for abandonment can be proposed from {opensAt:time} on."),
    ("ProposalTooLate", "A slash for this failure could be proposed until {closedAt:time}."),
    ("RankUnknown", "A request keeps its best proposal, rank 0, and the second best, rank 1."),
    ("RegionsTooFew", "This needs two different regions at least."),
    ("ReserveInvalid", "A standby locks 20 % of a slot's lock, or with --full-reserve all of it."),
    ("ResolverDecides", "The deal names {resolver}, who decides its appeals instead of a panel."),
    ("RulesInvalid", "Of those drawn more than half decide, and somebody must be drawn."),
    ("SeatsOutOfRange", "A prober takes 1 to 64 seats."),
    ("ServingOver", "Serving {serving} of slot {slot} of deal {deal} is over: another one serves now, or none."),
    ("ServingUnknown", "Slot {slot} of deal {deal} had no serving {serving} that ended before the slot."),
    ("SignatureInvalid", "A signature is malformed, or not of who is said to have signed."),
    ("SignerTwice", "{prober} counts once."),
    ("SlotDry", "The escrow of slot {slot} of deal {deal} is used up: who is not paid need not serve."),
    ("SlotNotServed", "Nobody serves slot {slot} of deal {deal}, or it ends within the grace."),
    ("StandbysOutOfRange", "A deal has at most 4 standbys."),
    ("StatementFromFuture", "A statement is of {at:time}, and that is yet to come."),
    ("StatementTooOld", "A statement of {at:time} is too old: it must be of {oldest:time} or later."),
    ("StatementsTooFew", "{have} probers say so, and {need} decide."),
    ("StillBound", "The stake of {prober} answers for its statements until {until:time}."),
    (
        "WindowNotFilled",
        "Window {window} of commitment {commitment} is not drawn, or filled to less than half of its units' share.",
    ),
    (
        "WindowRunning",
        "Until {until:time} others may propose for deal {deal} what is cheaper; its customer alone activates before.",
    ),
    ("WindowTooOld", "Window {window} began before the provider failed."),
    (
        "WithinDeclared",
        "The provider was down for {down} seconds of 30 days, and declared that it may be for {allowed}: \
         that costs income alone.",
    ),
];
