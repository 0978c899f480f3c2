//! The overview: what an account's fleet comes to, in the few figures that whoever runs one looks at first.

pub mod show;
mod tally;
