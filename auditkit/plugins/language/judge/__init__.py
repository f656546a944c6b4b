"""`language.judge`: what a judge says of answers, once it is known how far the judge can be believed."""
