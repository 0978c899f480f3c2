//! Signing in, tokens, signatures, lock-outs and access keys, as clients meet them.

mod keys;
mod lock_outs;
mod session;
mod sign_in;
mod signatures;
mod tokens;
