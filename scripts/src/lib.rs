//! What the parties of the network do, as a library that the command line and the tests share.
