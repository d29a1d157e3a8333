//! Drives [`pgs_fuzz::handshake`] with libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgs_fuzz::handshake(data));
