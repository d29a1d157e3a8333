//! Drives [`pgs_fuzz::mock_scram`] with libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgs_fuzz::mock_scram(data));
