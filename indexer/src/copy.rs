//! Rows in Postgres' binary COPY format, and the batch of them that one transaction writes.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, Uint};

use crate::facts::chain::{BLOCK_COLUMNS, write_header};
use crate::wire::Header;

/// Signature, flags and extension length that begin every binary COPY.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The field count that ends it.
const COPY_TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// Seconds from the epoch of Unix to that of Postgres.
const POSTGRES_EPOCH: i64 = 946_684_800;
const MICROSECONDS: i64 = 1_000_000;
/// Digits of Postgres' numeric are to this base.
const NUMERIC_BASE: u64 = 10_000;

/// An event that has a table.
pub(crate) trait Fact {
    const TABLE: &'static str;
    /// Columns after `block` and `log_index`.
    const COLUMNS: &'static [&'static str];

    /// Writes the columns in their order. Destructures `self`, so that a new field does not compile until it has a column.
    fn write(&self, row: &mut CopyRow);
}

/// Where a fact stands in the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) block: u64,
    pub(crate) log_index: u64,
    /// Only what is shown to third parties keeps it.
    pub(crate) transaction_hash: B256,
}

/// The rows of one table.
#[derive(Debug)]
struct Table {
    columns: &'static [&'static str],
    has_place: bool,
    rows: u64,
    copy: CopyRow,
}

impl Table {
    fn new(columns: &'static [&'static str], has_place: bool) -> Self {
        Self { columns, has_place, rows: 0, copy: CopyRow::new() }
    }

    fn begin_row(&mut self) -> &mut CopyRow {
        let places = if self.has_place { 2 } else { 0 };
        let fields = i16::try_from(self.columns.len() + places).expect("a table has few columns");
        self.copy.bytes.extend_from_slice(&fields.to_be_bytes());
        self.copy.fields = 0;
        self.rows += 1;
        &mut self.copy
    }
}

/// Everything that one transaction copies.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    tables: BTreeMap<&'static str, Table>,
    facts: u64,
}

/// The statement and the bytes of one COPY.
pub(crate) struct Copy {
    pub(crate) statement: String,
    pub(crate) rows: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Batch {
    pub(crate) fn push<F: Fact>(&mut self, place: Place, fact: &F) {
        let table = self.tables.entry(F::TABLE).or_insert_with(|| Table::new(F::COLUMNS, true));
        let row = table.begin_row();
        row.transaction_hash = place.transaction_hash;
        row.int(place.block).log_index(place.log_index);
        fact.write(row);
        debug_assert_eq!(row.fields, F::COLUMNS.len() + 2, "{} writes each column once", F::TABLE);
        self.facts += 1;
    }

    pub(crate) fn header(&mut self, header: &Header, has_facts: bool) {
        let table = self.tables.entry("block").or_insert_with(|| Table::new(BLOCK_COLUMNS, false));
        write_header(header, has_facts, table.begin_row());
    }

    /// Adds the rows of a batch that comes after this one.
    pub(crate) fn append(&mut self, later: Self) {
        self.facts += later.facts;
        for (name, later) in later.tables {
            let Some(table) = self.tables.get_mut(name) else {
                self.tables.insert(name, later);
                continue;
            };
            table.rows += later.rows;
            table.copy.bytes.extend_from_slice(&later.copy.bytes[COPY_HEADER.len()..]);
        }
    }

    pub(crate) fn facts(&self) -> u64 {
        self.facts
    }

    pub(crate) fn bytes(&self) -> usize {
        self.tables.values().map(|table| table.copy.bytes.len()).sum()
    }

    pub(crate) fn into_copies(self) -> impl Iterator<Item = Copy> {
        self.tables.into_iter().map(|(name, table)| {
            let place = if table.has_place { "block, log_index, " } else { "" };
            let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{column}\"")).collect();
            let mut bytes = table.copy.bytes;
            bytes.extend_from_slice(&COPY_TRAILER);
            let statement = format!("copy {name} ({place}{}) from stdin (format binary)", columns.join(", "));
            Copy { statement, rows: table.rows, bytes }
        })
    }
}

/// Writes the fields of a row. Solidity's types decide the method: integers up to 16 bits are `small`, ids and counts up to
/// 64 bits are `int`, prices and everything wider are `amount`, `uint40` is `time`.
#[derive(Debug)]
pub(crate) struct CopyRow {
    bytes: Vec<u8>,
    fields: usize,
    transaction_hash: B256,
}

impl CopyRow {
    fn new() -> Self {
        Self { bytes: COPY_HEADER.to_vec(), fields: 0, transaction_hash: B256::ZERO }
    }

    fn field(&mut self, value: &[u8]) -> &mut Self {
        let length = i32::try_from(value.len()).expect("a field is shorter than a response of a node");
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self.fields += 1;
        self
    }

    pub(crate) fn small(&mut self, value: impl Into<u16>) -> &mut Self {
        self.field(&i32::from(value.into()).to_be_bytes())
    }

    fn log_index(&mut self, value: u64) -> &mut Self {
        let value = i32::try_from(value).expect("a block holds fewer than 2^31 logs");
        self.field(&value.to_be_bytes())
    }

    /// That of the log, which is no field of the event.
    pub(crate) fn transaction(&mut self) -> &mut Self {
        self.hash(self.transaction_hash)
    }

    /// Ids are counted up from one and never come near 2^63.
    pub(crate) fn int(&mut self, value: impl TryInto<u64>) -> &mut Self {
        let value = value.try_into().ok().and_then(|value| i64::try_from(value).ok());
        self.field(&value.expect("ids and counts are below 2^63").to_be_bytes())
    }

    pub(crate) fn flag(&mut self, value: bool) -> &mut Self {
        self.field(&[u8::from(value)])
    }

    pub(crate) fn address(&mut self, value: Address) -> &mut Self {
        self.field(value.as_slice())
    }

    pub(crate) fn hash(&mut self, value: B256) -> &mut Self {
        self.field(value.as_slice())
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.field(value)
    }

    /// Postgres has no zero byte in a text, and whoever writes one on chain must not stop the indexer.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        if value.contains('\0') {
            self.field(value.replace('\0', "\u{fffd}").as_bytes())
        } else {
            self.field(value.as_bytes())
        }
    }

    pub(crate) fn time<const BITS: usize, const LIMBS: usize>(&mut self, value: Uint<BITS, LIMBS>) -> &mut Self {
        self.seconds(u64::try_from(value).expect("times have 40 bits"))
    }

    pub(crate) fn seconds(&mut self, value: u64) -> &mut Self {
        let seconds = i64::try_from(value).expect("times have 40 bits") - POSTGRES_EPOCH;
        self.field(&(seconds * MICROSECONDS).to_be_bytes())
    }

    pub(crate) fn amount<T>(&mut self, value: T) -> &mut Self
    where
        U256: ruint_from::FromUint<T>,
    {
        self.numeric(<U256 as ruint_from::FromUint<T>>::from_uint(value))
    }

    /// Base 10,000 digits, the highest first, without zeros at either end.
    fn numeric(&mut self, value: U256) -> &mut Self {
        // 2^256 has 78 decimal digits: 20 digits of base 10,000.
        let mut digits = [0_u16; 20];
        let mut count = 0;
        let mut rest = value;
        while !rest.is_zero() {
            let mut low = if let Ok(small) = u128::try_from(rest) {
                rest = U256::ZERO;
                small
            } else {
                // Nine digits of base 10,000 at a time fit 128 bits.
                let chunk = U256::from(10_u128.pow(36));
                let low = rest % chunk;
                rest /= chunk;
                u128::try_from(low).expect("less than the chunk")
            };
            let target = if rest.is_zero() { 20 } else { count + 9 };
            while count < target && (low != 0 || target != 20) {
                digits[count] = u16::try_from(low % u128::from(NUMERIC_BASE)).expect("less than the base");
                low /= u128::from(NUMERIC_BASE);
                count += 1;
            }
        }
        let skipped = digits[..count].iter().take_while(|digit| **digit == 0).count();
        self.digits(&digits[skipped..count], count)
    }

    /// `digits` from the lowest kept; `count` includes the zeros that were dropped below them.
    fn digits(&mut self, digits: &[u16], count: usize) -> &mut Self {
        let mut value = [0_u8; 48];
        let kept = i16::try_from(digits.len()).expect("at most 20");
        let weight = i16::try_from(count).expect("at most 20") - i16::from(count > 0);
        value[0..2].copy_from_slice(&kept.to_be_bytes());
        value[2..4].copy_from_slice(&weight.to_be_bytes());
        // Sign and scale stay zero: amounts are whole and never negative.
        for (place, digit) in digits.iter().rev().enumerate() {
            value[8 + 2 * place..10 + 2 * place].copy_from_slice(&digit.to_be_bytes());
        }
        self.field(&value[..8 + 2 * digits.len()])
    }
}

/// Every unsigned integer of Solidity as a `U256`.
pub(crate) mod ruint_from {
    use alloy_primitives::{U256, Uint};

    pub(crate) trait FromUint<T> {
        fn from_uint(value: T) -> Self;
    }

    impl FromUint<u64> for U256 {
        fn from_uint(value: u64) -> Self {
            Self::from(value)
        }
    }

    impl FromUint<u128> for U256 {
        fn from_uint(value: u128) -> Self {
            Self::from(value)
        }
    }

    impl<const BITS: usize, const LIMBS: usize> FromUint<Uint<BITS, LIMBS>> for U256 {
        fn from_uint(value: Uint<BITS, LIMBS>) -> Self {
            Self::from(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::aliases::U40;
    use anyhow::Result;
    use sqlx::{PgPool, query, query_as};

    use super::*;

    struct Sample(U256);

    impl Fact for Sample {
        const TABLE: &'static str = "sample";
        const COLUMNS: &'static [&'static str] =
            &["small", "int", "flag", "who", "hash", "bits", "said", "at", "amount"];

        fn write(&self, row: &mut CopyRow) {
            row.small(65_535_u16).int(u32::MAX).flag(true).address(Address::repeat_byte(1)).hash(B256::repeat_byte(2));
            row.bytes(&[0, 255]).text("zero\0byte").time(U40::from(1_800_000_000_u64)).amount(self.0);
        }
    }

    /// Amounts at every boundary of the format: digits of base 10,000, chunks of 36 decimal digits, 128 and 256 bits.
    fn amounts() -> Vec<U256> {
        let mut amounts = vec![U256::ZERO, U256::from(u128::MAX), U256::MAX];
        for digits in 0..78_u64 {
            let power = U256::from(10).pow(U256::from(digits));
            amounts.extend([power, power - U256::from(1), power + U256::from(1)]);
        }
        amounts
    }

    #[sqlx::test(migrations = false)]
    async fn rows_come_back_as_they_were_copied(db: PgPool) -> Result<()> {
        query(
            "create table sample (block bigint, log_index integer, small integer, int bigint, flag boolean, who bytea,
                hash bytea, bits bytea, said text, at timestamptz, amount numeric(78, 0))",
        )
        .execute(&db)
        .await?;
        let mut batch = Batch::default();
        for (place, amount) in (0_u64..).zip(amounts()) {
            batch.push(Place { block: 7, log_index: place, transaction_hash: B256::ZERO }, &Sample(amount));
        }
        let copy = batch.into_copies().next().expect("one table");
        let mut connection = db.acquire().await?;
        let mut stream = connection.copy_in_raw(&copy.statement).await?;
        stream.send(copy.bytes).await?;
        assert_eq!(stream.finish().await?, copy.rows);

        let amounts_back: Vec<(String,)> =
            query_as("select amount::text from sample order by log_index").fetch_all(&mut *connection).await?;
        let wanted: Vec<(String,)> = amounts().iter().map(|amount| (amount.to_string(),)).collect();
        assert_eq!(amounts_back, wanted);
        let rest: (i32, i64, bool, Address, B256, Vec<u8>, String, i64) = query_as(
            "select small, int, flag, who, hash, bits, said, extract(epoch from at)::bigint from sample limit 1",
        )
        .fetch_one(&mut *connection)
        .await?;
        let said = "zero\u{fffd}byte".to_owned();
        let who = Address::repeat_byte(1);
        let hash = B256::repeat_byte(2);
        assert_eq!(rest, (65_535, i64::from(u32::MAX), true, who, hash, vec![0, 255], said, 1_800_000_000));
        Ok(())
    }
}
