/// How many lines of a server's log are read unless told otherwise.
pub const LOG_LINES: u32 = 100;
