"""`privacy.attribute_inference`: whether the answers tell a sensitive column of those who were trained on."""
