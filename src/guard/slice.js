/** What the guard knows of a slice: the names that agent-written SQL may use, and what stands for them in the statement that is sent. */
export {};
