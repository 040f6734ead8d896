//! One test binary.

mod courier;
mod socket;
