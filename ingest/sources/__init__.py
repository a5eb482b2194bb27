"""Statements fetched from where they are published. In reading order:

`urls`      an address in one form, and the statement's id that follows from it
`guard`     which addresses may be called at all
`fetch`     one request: guarded, and bounded in bytes and time
`visitor`   requests as a polite guest makes them: robots.txt, a pace per host, redirects, retries
`listing`   the addresses that a feed, a sitemap or a page of links names
`pages`     what was fetched, put through the readers
`sync`      the whole flow: what a source names, what is due, and what came of each

What is known of sources and addresses is in `corpus.ledger`. Nothing here is called unless a source was added or an
address was given.
"""
