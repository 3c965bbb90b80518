//! Postgres to JSON: reads only, and knows no chain.
