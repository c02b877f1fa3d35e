//! End-to-end scenarios over real sockets, real SDKs and a real browser.
