"""What differentially private training costs: epsilon from noise, sampling and steps."""
