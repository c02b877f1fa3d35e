//! The control plane: ingest, store, query, live tail and the dashboard.
