//! Drives [`pgs_fuzz::options`] with libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgs_fuzz::options(data));
