//! The data path of one request, from admitted to served.
