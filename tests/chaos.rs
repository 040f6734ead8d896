//! What goes wrong with a database: the network to it, and the server itself.

pub mod cluster;
pub mod proxy;
