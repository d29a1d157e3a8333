//! Drives [`pgs_fuzz::key_sniffer`] with libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pgs_fuzz::key_sniffer(data));
