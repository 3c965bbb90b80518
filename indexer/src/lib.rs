//! Chain to Postgres: one row per event, and the state derived from them.
