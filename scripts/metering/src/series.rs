//! The meter of one serving: every invocation becomes a record, and what all cost together goes into a voucher.

use alloy_primitives::aliases::U96;

use crate::{Frontier, Record, Serving, Voucher, charge, milliunits};

/// What one invocation used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invocation {
    pub started_at_ms: u64,
    pub duration_ms: u32,
    pub millicores: u32,
    pub memory_mib: u32,
    pub fuel: u64,
}

/// The serving would cost more than a contract can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the serving costs more than a contract can hold")]
pub struct Overflow;

/// A serving's usage so far; its memory does not grow with it.
///
/// 1. `amount` is the sum of the charges of all records.
/// 2. `tree` has one leaf for each record, in the order of their indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    serving: Serving,
    price: U96,
    amount: u128,
    tree: Frontier,
    /// Until when vouchers were written, in seconds.
    until: u64,
}

impl Series {
    /// `price` is the slot's, per unit-day; `started_at` is when the serving began, in seconds.
    pub fn new(serving: Serving, price: U96, started_at: u64) -> Self {
        Self { serving, price, amount: 0, tree: Frontier::default(), until: started_at }
    }

    pub fn serving(&self) -> Serving {
        self.serving
    }

    pub fn amount(&self) -> u128 {
        self.amount
    }

    pub fn invocations(&self) -> u64 {
        self.tree.size()
    }

    /// Charges it and adds it to the tree.
    pub fn meter(&mut self, invocation: &Invocation) -> Result<Record, Overflow> {
        let Invocation { started_at_ms, duration_ms, millicores, memory_mib, fuel } = *invocation;
        let charge = charge(self.price, milliunits(millicores, memory_mib), duration_ms);
        let record = Record { index: self.tree.size(), started_at_ms, duration_ms, memory_mib, fuel, charge };
        self.take(&record)?;
        Ok(record)
    }

    /// Takes a record that was made before, as after a restart, or by another meter; it must be the next.
    pub fn take(&mut self, record: &Record) -> Result<(), Overflow> {
        debug_assert_eq!(record.index, self.tree.size(), "a record was left out");
        self.amount = self.amount.checked_add(record.charge).ok_or(Overflow)?;
        self.tree.push(record.leaf());
        Ok(())
    }

    /// A voucher for everything so far. Its period begins where the one before ended, so no time is signed for twice.
    pub fn voucher(&mut self, until: u64) -> Voucher {
        let from = self.until;
        self.until = until.max(from);
        Voucher {
            serving: self.serving,
            amount: self.amount,
            invocations: self.tree.size(),
            from,
            until: self.until,
            usage_root: self.tree.root(),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;
    use crate::{Tree, verify};

    const SERVING: Serving = Serving { deal: 1, slot: 0, number: 1, provider: Address::repeat_byte(1) };

    fn invocation(number: u32) -> Invocation {
        let started_at_ms = 1_000 * u64::from(number);
        Invocation { started_at_ms, duration_ms: 100 + number, millicores: 1_000, memory_mib: 128, fuel: number.into() }
    }

    #[test]
    fn a_voucher_commits_to_every_record() {
        let price = U96::from(1_000_000_000);
        let mut series = Series::new(SERVING, price, 0);
        let records: Vec<Record> = (0..100).map(|number| series.meter(&invocation(number)).expect("it fits")).collect();
        let voucher = series.voucher(100);
        assert_eq!(voucher.amount, records.iter().map(|record| record.charge).sum());
        assert_eq!((voucher.invocations, voucher.from, voucher.until), (100, 0, 100));
        let tree: Tree = records.iter().map(Record::leaf).collect();
        for (place, record) in records.iter().enumerate() {
            let path = tree.proof(place).expect("the record is there");
            assert_eq!(record.charge, charge(price, 1_000, record.duration_ms));
            assert!(verify(voucher.usage_root, voucher.invocations, record.index, record.leaf(), &path));
            let dearer = Record { charge: record.charge + 1, ..*record };
            assert!(!verify(voucher.usage_root, voucher.invocations, record.index, dearer.leaf(), &path));
        }
    }

    #[test]
    fn a_meter_that_takes_the_records_again_goes_on_where_it_was() {
        let mut series = Series::new(SERVING, U96::from(5_000_000), 0);
        let records: Vec<Record> = (0..7).map(|number| series.meter(&invocation(number)).expect("it fits")).collect();
        let mut again = Series::new(SERVING, U96::from(5_000_000), 0);
        for record in &records {
            again.take(record).expect("it fits");
        }
        assert_eq!(again, series);
    }

    #[test]
    fn vouchers_follow_each_other() {
        let mut series = Series::new(SERVING, U96::from(5_000_000), 10);
        let mut before = series.voucher(10);
        for (number, until) in [(1, 3_600), (2, 3_600), (3, 7_200), (4, 100)] {
            series.meter(&invocation(number)).expect("it fits");
            let voucher = series.voucher(until);
            assert_eq!(voucher.follows(&before), Ok(()));
            before = voucher;
        }
        assert_eq!(series.voucher(7_200).follows(&before), Ok(()));
    }

    #[test]
    fn what_no_contract_holds_is_refused() {
        let mut series = Series { amount: u128::MAX - 1, ..Series::new(SERVING, U96::from(86_400_000_000_u64), 0) };
        let one = Invocation { duration_ms: 2, millicores: 1, memory_mib: 0, ..invocation(0) };
        let before = series.clone();
        assert_eq!(series.meter(&one), Err(Overflow));
        assert_eq!(series, before);
    }
}
