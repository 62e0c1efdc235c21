//! COR as an ERC-20.
