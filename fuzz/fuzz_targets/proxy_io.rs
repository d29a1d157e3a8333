//! Drives [`pgs_fuzz::proxy_io`] with libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgs_fuzz::proxy_io(data));
