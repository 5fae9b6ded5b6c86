//! Values of attributes of remote procedure calls.

/// `rpc.system.name` of gRPC.
pub const SYSTEM_GRPC: &str = "grpc";
