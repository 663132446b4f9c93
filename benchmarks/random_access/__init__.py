"""Files whose readers jump, and what they ask a store for."""
