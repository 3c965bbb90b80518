//! Results for people and for programs: the same value as a table or as JSON, fields in the order of the type.

use std::fmt;

use alloy::primitives::Address;
use anyhow::Result;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// A table wider than this is shown as one record after another.
const WIDTH_MAX: usize = 140;

/// A value that keeps the order of its fields, which JSON libraries tend to sort.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    pub fn of(result: &impl Serialize) -> Result<Self> {
        Ok(serde_json::from_str(&serde_json::to_string(result)?)?)
    }

    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Lines of `field  value`, and a table where a list of records stands.
    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        block(self, "", &mut lines);
        lines.join("\n")
    }

    fn cell(&self) -> String {
        match self {
            Self::Null => "-".to_owned(),
            Self::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Self::Number(number) => number.to_string(),
            // A terminal obeys control characters; names come from strangers.
            Self::Text(text) => text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
            Self::List(items) if items.is_empty() => "-".to_owned(),
            Self::List(items) => items.iter().map(Self::cell).collect::<Vec<_>>().join(", "),
            Self::Map(fields) => {
                fields.iter().map(|(name, value)| format!("{name}={}", value.cell())).collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn records(&self) -> Option<&[Self]> {
        let Self::List(items) = self else { return None };
        let are_records = !items.is_empty() && items.iter().all(|item| matches!(item, Self::Map(_)));
        are_records.then_some(items)
    }
}

fn title(name: &str) -> String {
    name.replace('_', " ")
}

fn block(value: &Value, indent: &str, lines: &mut Vec<String>) {
    if let Some(records) = value.records() {
        return rows(records, indent, lines);
    }
    let Value::Map(fields) = value else {
        return lines.push(format!("{indent}{}", value.cell()));
    };
    let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, value) in fields {
        if value.records().is_some() || matches!(value, Value::Map(_)) {
            lines.push(format!("{indent}{}:", title(name)));
            block(value, &format!("{indent}  "), lines);
        } else {
            lines.push(format!("{indent}{:width$}  {}", title(name), value.cell()));
        }
    }
}

fn rows(records: &[Value], indent: &str, lines: &mut Vec<String>) {
    let mut columns: Vec<&str> = Vec::new();
    for record in records {
        let Value::Map(fields) = record else { continue };
        for (name, _) in fields {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let cell = |record: &Value, column: &str| {
        let Value::Map(fields) = record else { return None };
        fields.iter().find(|(name, _)| name == column).map(|(_, value)| value.cell())
    };
    let mut table = vec![columns.iter().map(|column| title(column)).collect::<Vec<_>>()];
    for record in records {
        table.push(columns.iter().map(|column| cell(record, column).unwrap_or_default()).collect());
    }
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| table.iter().map(|row| row[at].chars().count()).max().unwrap_or_default())
        .collect();
    if widths.iter().sum::<usize>() + 2 * widths.len() > WIDTH_MAX {
        // A table that wraps is harder to read than one record after another.
        for (at, record) in records.iter().enumerate() {
            if at > 0 {
                lines.push(String::new());
            }
            block(record, indent, lines);
        }
        return;
    }
    for row in table {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        lines.push(format!("{indent}{}", cells.join("  ")).trim_end().to_owned());
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Ordered)
    }
}

struct Ordered;

impl<'de> Visitor<'de> for Ordered {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        // Libraries write addresses in lower case, which loses the checksum that guards against slips.
        let address = (text.len() == 42).then(|| text.parse::<Address>().ok()).flatten();
        Ok(Value::Text(address.map_or_else(|| text.to_owned(), |address| address.to_string())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Value::Map(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[derive(Serialize)]
    struct Slot {
        slot: u8,
        status: &'static str,
        health: Option<u64>,
    }

    #[derive(Serialize)]
    struct Deal {
        zebra: u64,
        apple: &'static str,
        slots: Vec<Slot>,
    }

    fn deal() -> Deal {
        let slots = vec![
            Slot { slot: 0, status: "serving", health: Some(3) },
            Slot { slot: 11, status: "empty", health: None },
        ];
        Deal { zebra: 7, apple: "a\u{1b}[31m", slots }
    }

    #[test]
    fn fields_keep_the_order_of_the_type() {
        let value = Value::of(&deal()).expect("it is plain data");
        let json = value.json().expect("it is plain data");
        assert!(json.find("zebra") < json.find("apple"), "{json}");
        let again: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(again["slots"][1], json!({"slot": 11, "status": "empty", "health": null}));
    }

    #[test]
    fn addresses_have_their_checksum() {
        let lower = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
        let checksummed = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        assert_eq!(Value::of(&lower).ok(), Some(Value::Text(checksummed.to_owned())));
    }

    #[test]
    fn records_become_a_table_and_control_characters_harmless() {
        let expected =
            "zebra  7\napple  a\u{fffd}[31m\nslots:\n  slot  status   health\n  0     serving  3\n  11    empty    -";
        assert_eq!(Value::of(&deal()).expect("it is plain data").table(), expected);
    }

    proptest! {
        #[test]
        fn any_text_survives_json_and_stays_on_its_line(text in "\\PC*|[\\x00-\\x1f]*") {
            let value = Value::Map(vec![("name".to_owned(), Value::Text(text.clone()))]);
            let parsed: Value = serde_json::from_str(&value.json().expect("it is plain data")).expect("it is JSON");
            prop_assert_eq!(&parsed, &value);
            prop_assert_eq!(value.table().lines().count().max(1), 1);
        }
    }
}
