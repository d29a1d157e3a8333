//! Drives [`pgs_fuzz::startup`] with libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgs_fuzz::startup(data));
