//! Every function, event and error of every contract, once.
