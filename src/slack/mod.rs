//! All that knows Slack: what it sends us becomes a closed enum, and what people see is worded here.

pub mod inbound;
